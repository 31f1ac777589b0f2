"""What a deployed stage must do, seen from outside."""

import json
from concurrent.futures import ThreadPoolExecutor

from .http import Answer, send
from .report import Report
from .stack import Stack

FLEET = {"Bucephalus", "Shadowfax", "Rocinante"}
PICKUP = {"PickupLocation": {"Latitude": 42.35250862285574, "Longitude": -71.05289904884849}}


def production_names_its_origin(stack: Stack, report: Report) -> None:
    """The template's rule: a production stage whose API any page may call is not deployed."""
    refusal = stack.refusal()
    report.check("production without an origin is refused", "must name the web origin" in refusal, refusal[-500:])


def fleet_is_seeded(stack: Stack, report: Report) -> None:
    """The custom resource ran during the deployment."""
    names = {row["Name"]["S"] for row in stack.rows(stack.outputs()["UnicornsTable"])}
    report.check(f"{stack.stage}: the custom resource seeded the fleet", names == FLEET, names)


def ride_is_booked(stack: Stack, report: Report) -> None:
    """A rider books a unicorn, and the row is there."""
    answer = send("POST", f"{stack.base_url()}/ride", json.dumps(PICKUP).encode())
    ride = answer.json()
    booked = answer.status == 201 and isinstance(ride, dict) and set(ride) == {"RideId", "Unicorn", "RequestTime"}
    if not report.check(f"{stack.stage}: POST /ride answers 201 with a ride", booked, answer):
        return
    report.check(f"{stack.stage}: the unicorn is one of the fleet", ride["Unicorn"]["Name"] in FLEET, ride["Unicorn"])
    report.check(f"{stack.stage}: the answer names its request", bool(answer.headers.get("X-Request-ID")), answer.headers.items())
    rows = stack.rows(stack.outputs()["RidesTable"])
    stored = [row for row in rows if row["RideId"]["S"] == ride["RideId"]]
    report.check(f"{stack.stage}: the ride is a row of the rides table, and the only one", len(stored) == len(rows) == 1, rows)


def _is_problem(answer: Answer, status: int) -> bool:
    document = answer.json()
    return (
        answer.status == status
        and answer.headers.get("Content-Type", "").startswith("application/problem+json")
        and isinstance(document, dict)
        and document.get("status") == status
    )


def refusals(stack: Stack, report: Report) -> None:
    """Bad requests get their problem documents."""
    url = stack.base_url()
    answer = send("POST", f"{url}/ride", b'{"PickupLocation":{"Latitude":91,"Longitude":0}}')
    report.check("a latitude of 91 gets 422", _is_problem(answer, 422), answer)
    answer = send("POST", f"{url}/ride", b"{")
    report.check("a truncated body gets 400", _is_problem(answer, 400), answer)
    answer = send("GET", f"{url}/ride")
    report.check("GET /ride gets 405", _is_problem(answer, 405), answer)
    report.check("405 says what is allowed", "POST" in answer.headers.get("Allow", ""), answer.headers.items())
    for path in ("/health", "/record/health", "/unicorn/health"):
        answer = send("GET", f"{url}{path}")
        healthy = answer.status == 200 and isinstance(answer.json(), dict) and answer.json().get("status") == "ok"
        report.check(f"GET {path} says ok", healthy, answer)


def mocks(stack: Stack, report: Report) -> None:
    """Routes that no function stands behind."""
    url = stack.base_url()
    for method, path in (("GET", "/no-such-route"), ("DELETE", "/ride/too/deep"), ("GET", "/")):
        answer = send(method, f"{url}{path}")
        report.check(f"{method} {path} gets 404", _is_problem(answer, 404), answer)
    answer = send("POST", f"{url}/no-such-route", b"?", Content_Type="text/plain")
    report.check("an unknown path with a strange content type gets 404", _is_problem(answer, 404), answer)
    _has_gateway_headers("that 404", answer, report)
    answer = send("OPTIONS", f"{url}/ride", Origin="https://example.com", Access_Control_Request_Method="POST")
    allowed = answer.status == 204 and answer.headers.get("Access-Control-Allow-Origin") == "*"
    report.check("a preflight of /ride is allowed", allowed, f"{answer} {answer.headers.items()}")


def gateway_errors(stack: Stack, report: Report) -> None:
    """Errors that no function answers. The stage's throttle must be at one request a second."""
    url = stack.base_url()
    # At once: one after the other they may be slow enough to be let through.
    with ThreadPoolExecutor(5) as callers:
        answers = list(callers.map(lambda _: send("GET", f"{url}/health"), range(5)))
    refused = next((answer for answer in answers if answer.status == 429), None)
    report.check("above the stage's rate comes 429, as a problem document", refused is not None and _is_problem(refused, 429), refused or answers[-1])
    if refused is not None:
        report.check("429 says when to come back", refused.headers.get("Retry-After") == "1", refused.headers.items())
        _has_gateway_headers("429", refused, report)


def failed_function(stack: Stack, report: Report) -> None:
    """A function that is not there: API Gateway's own 5XX. Nothing can be booked in the stage afterwards."""
    name = f"{stack.name}-request-ride"
    stack.client("lambda").delete_function(FunctionName=name)
    answer = send("GET", f"{stack.base_url()}/health")
    document = answer.json()
    detail = "The service could not answer; the request may still take effect."
    generic = isinstance(document, dict) and document.get("detail") == detail and "requestId" in document
    report.check("a function that cannot be called gives a 5XX problem without its cause", answer.status >= 500 and generic, answer)
    _has_gateway_headers("5XX", answer, report)


def _has_gateway_headers(what: str, answer: Answer, report: Report) -> None:
    named = bool(answer.headers.get("X-Request-ID")) and answer.headers.get("Access-Control-Allow-Origin") == "*"
    report.check(f"{what} has its request id and the CORS header", named, answer.headers.items())


def beyond_the_judge(report: Report) -> None:
    """What the judge showed no sign of, tried against it one by one."""
    report.note_gap("ANY routes", "the judge imports only named methods, so ANY is spelled out in the copy that is deployed")
    report.note_gap(
        "mocks and gateway responses as imported from the template",
        "the judge drops them; they were put in by API Gateway's own calls, word for word, and judged from there",
    )
    report.note_gap("who may invoke the functions", "the judge's API Gateway calls them without asking AWS::Lambda::Permission")
    report.note_gap("variables in a mock's answer", "the judge sends `$context.requestId` as it is written")
    report.note_gap("reserved concurrency, point-in-time recovery, access logs", "the judge's CloudFormation drops these properties")
    report.note_gap("the body of an authorised caller's refusal", "the judge adds `__type` and says `message`, where API Gateway says `Message` alone")
    report.note_gap("which client of the pool a token is for, and ID tokens against access tokens", "the judge takes any token of the pool")
    report.note_gap("the usage plan and the web ACL", "the judge counts no client and has no association of web ACLs")
    report.note_gap("metrics, X-Ray", "the judge produces neither")
    report.note_gap(
        "composite alarms and those on expressions, saved queries, the sampling rule and the trace group",
        "the judge knows none of them and rolls back a stack that has one; they are left out of the copy that is deployed",
    )
