"""Loaded by schemathesis: lets most calls in, and counts what was answered.

Schemathesis makes up an Authorization header wherever the document asks for one, or leaves it out. Were the calls sent like that, nothing
behind the door would be tested; were all let in, the door would not. So seven of eight calls show what opens it.
"""

import atexit
import itertools
import json
import os
from collections import Counter
from pathlib import Path

import requests
import schemathesis
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

UNCHANGED_EVERY = 8
_SECRETS = json.loads(Path(os.environ["FUZZ_API_SECRETS"]).read_text())
_calls = itertools.count()
_answers: Counter[tuple[str, str, int]] = Counter()


class _Signed(requests.auth.AuthBase):
    """Signature Version 4 of the person at the machine, over the request as it leaves."""

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        key = _SECRETS["key"]
        request = AWSRequest(prepared.method, prepared.url, data=prepared.body or b"")
        credentials = Credentials(key["access_key"], key["secret"], key["session_token"])
        SigV4Auth(credentials, "execute-api", _SECRETS["region"]).add_auth(request)
        prepared.headers.pop("Authorization", None)
        prepared.headers.update(dict(request.headers))
        return prepared


class _Bearer(requests.auth.AuthBase):
    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        prepared.headers["Authorization"] = f"Bearer {_SECRETS['rider_token']}"
        return prepared


@schemathesis.hook
def before_call(context, case, kwargs):
    """Signs, or shows a rider's token."""
    if next(_calls) % UNCHANGED_EVERY == 0 or _breaks_finance(case):
        return
    schemes = {name for requirement in case.operation.definition.raw.get("security", []) for name in requirement}
    if "Signature" in schemes:
        # In the case as well, whose headers schemathesis judges anew: a call that is let in did not lack the header.
        case.headers["Authorization"] = "AWS4-HMAC-SHA256"
        kwargs["auth"] = _Signed()
    elif "RiderToken" in schemes and _SECRETS["rider_token"]: # a choice in the document, so schemathesis makes none up
        kwargs["auth"] = _Bearer()


def _breaks_finance(case) -> bool:
    """Whether this puts a scenario on that makes finance slow or fail: then nothing could be said of the cases after it."""
    if case.operation.path != "/finance/scenario" or not isinstance(case.body, dict):
        return False
    schema = case.operation.definition.raw["requestBody"]["content"]["application/json"]["schema"]
    return case.body.get("scenario") in schema["properties"]["scenario"]["enum"] and case.body != {"scenario": "Reset"}


@schemathesis.hook
def filter_case(context, case):
    """API Gateway has no method for others than these, and refuses them as it does every route it has not: with a 403."""
    return case.method.upper() in {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}


@schemathesis.hook
def after_call(context, case, response):
    """Counts."""
    _answers[(case.operation.method.upper(), case.operation.path, response.status_code)] += 1


@atexit.register
def _write_counts() -> None:
    rows = [[*what, count] for what, count in sorted(_answers.items())]
    Path(os.environ["FUZZ_API_COUNTS"]).write_text(json.dumps(rows))
