"""What a deployed stage must do, seen from outside."""

import json

from .http import Answer, send
from .report import Report
from .stack import Stack

FLEET = {"Bucephalus", "Shadowfax", "Rocinante"}
PICKUP = {"PickupLocation": {"Latitude": 42.35250862285574, "Longitude": -71.05289904884849}}

MOCKS = "the judge's import of an OpenAPI body keeps a mock's type only; its templates and responses are dropped, and every mock says 200"


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
    for path in ("/no-such-route", "/ride/too/deep", "/"):
        answer = send("GET", f"{url}{path}")
        report.check(f"GET {path} gets 404", _is_problem(answer, 404), answer, gap=MOCKS)
    answer = send("OPTIONS", f"{url}/ride", Origin="https://example.com", Access_Control_Request_Method="POST")
    allowed = answer.status == 204 and answer.headers.get("Access-Control-Allow-Origin") == "*"
    report.check("a preflight of /ride is allowed", allowed, f"{answer} {answer.headers.items()}", gap=MOCKS)


def beyond_the_judge(report: Report) -> None:
    """What was left out, so that nobody takes it for rehearsed."""
    report.note_gap("ANY routes", "the judge imports only named methods, so ANY is spelled out in the copy that is deployed")
    report.note_gap("gateway responses (429, 413, 504, 5XX)", "the judge stores them and never sends them")
    report.note_gap("stage throttling, access logs, X-Ray", "the judge keeps the settings and does nothing with them")
    report.note_gap("the functions' roles", "the judge does not enforce policies unless told to, and does not know ours from an administrator's")
