"""Who may call, in the judge's words: roles by signature, riders by token."""

import json

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from .checks import PICKUP
from .http import Answer, send
from .judge import REGION
from .report import Report
from .stack import Stack

RIDER = "ada@example.com"
PASSWORD = "Correct-horse-7-battery"


def signatures(stack: Stack, report: Report) -> None:
    """Nobody but request-ride's role calls the services. That request-ride itself may is shown by the ride that it booked."""
    record, unicorn = f"{stack.base_url()}/record", f"{stack.base_url()}/unicorn"
    for what, answer in (("POST /record", send("POST", record, b"{}")), ("GET /unicorn", send("GET", unicorn))):
        report.check(f"an unsigned {what} gets 403", _refused(answer, "Missing Authentication Token"), answer)
    iam = stack.client("iam")
    iam.create_user(UserName=f"{stack.name}-stranger")
    stranger = iam.create_access_key(UserName=f"{stack.name}-stranger")["AccessKey"]
    key, secret = stranger["AccessKeyId"], stranger["SecretAccessKey"]
    answer = _signed("GET", unicorn, key, secret)
    # The judge words this one as other services of AWS do, with `__type`; that the role's policy decides is what counts here.
    denied = answer.status == 403 and b"is not authorized to perform: execute-api:Invoke" in answer.body
    report.check("a call that is signed by somebody without a right to it gets 403", denied, answer)
    answer = _signed("GET", unicorn, key, "another-secret")
    report.check("a forged signature gets 403", _refused(answer, "signature we calculated does not match"), answer)
    answer = _signed("GET", unicorn, "AKIAIOSFODNN7NOBODYS", secret)
    report.check("a key that nobody has gets 403", _refused(answer, "security token included in the request is invalid"), answer)
    answer = send("GET", f"{stack.base_url()}/health")
    report.check("health is open to anyone", answer.status == 200, answer)


def riders(stack: Stack, report: Report) -> None:
    """With RiderAuth=cognito a booking needs an ID token of the page's client, and the ride names its rider."""
    url = f"{stack.base_url()}/ride"
    body = json.dumps(PICKUP).encode()
    answer = send("POST", url, body)
    report.check("a booking without a token gets 401", answer.status == 401, answer)
    answer = send("POST", url, body, Authorization="Bearer not.a.token")
    report.check("a booking with a made-up token gets 401", answer.status == 401, answer)
    answer = send("GET", url)
    report.check("a wrong method still gets 405", answer.status == 405, answer)
    answer = send("OPTIONS", url, Origin="https://example.com", Access_Control_Request_Method="POST")
    report.check("a preflight needs no token", answer.status in (200, 204), answer)

    outputs = stack.outputs()
    pool, page = outputs["RiderPoolId"], outputs["RiderPoolClientId"]
    cognito = stack.client("cognito-idp")
    cognito.admin_create_user(UserPoolId=pool, Username=RIDER, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=pool, Username=RIDER, Password=PASSWORD, Permanent=True)
    tokens = _tokens(cognito, pool, page)
    answer = send("POST", url, body, Authorization=f"Bearer {tokens['IdToken']}")
    if report.check("an ID token books", answer.status == 201, answer):
        attributes = cognito.admin_get_user(UserPoolId=pool, Username=RIDER)["UserAttributes"]
        subject = next(attribute["Value"] for attribute in attributes if attribute["Name"] == "sub")
        rows = [row for row in stack.rows(outputs["RidesTable"]) if row["RideId"]["S"] == answer.json()["RideId"]]
        report.check("the stored ride names the token's subject", [row.get("Rider", {}).get("S") for row in rows] == [subject], rows)


def _tokens(cognito, pool: str, client: str) -> dict[str, str]:
    """Signs the rider in, without the page's SRP: the client is told to take a password for the moment."""
    cognito.update_user_pool_client(UserPoolId=pool, ClientId=client, ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])
    return cognito.admin_initiate_auth(
        UserPoolId=pool, ClientId=client, AuthFlow="ADMIN_USER_PASSWORD_AUTH", AuthParameters={"USERNAME": RIDER, "PASSWORD": PASSWORD}
    )["AuthenticationResult"]


def _signed(method: str, url: str, key: str, secret: str) -> Answer:
    request = AWSRequest(method, url)
    SigV4Auth(Credentials(key, secret), "execute-api", REGION).add_auth(request)
    return send(method, url, **{name.replace("-", "_"): value for name, value in request.headers.items()})


def _refused(answer: Answer, words: str) -> bool:
    """403 in AWS's shape: one member, `message`, which ACCESS_DENIED alone writes with a capital."""
    document = answer.json()
    if answer.status != 403 or not isinstance(document, dict) or len(document) != 1:
        return False
    name, message = next(iter(document.items()))
    return name in ("message", "Message") and words in message
