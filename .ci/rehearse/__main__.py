"""Deploys three stages of template.yaml into ministack, books a ride in each, and says what ministack cannot show.

Everything runs on loopback with dummy credentials. Nothing is left behind but Cargo's target folder and .venv.
"""

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path

from . import binaries, callers, checks, gateway, translate
from .judge import Judge
from .report import Report
from .stack import Stack

ROOT = Path(__file__).resolve().parents[2]
STAGES = ("dev", "staging")


def arguments() -> argparse.Namespace:
    """The command line; `--judge` and `--sam` come from the script that starts this."""
    parser = argparse.ArgumentParser(prog=".ci/rehearsal", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--template", type=Path, default=ROOT / "template.yaml", help="the SAM template (default: the project's)")
    parser.add_argument("--binaries", type=Path, help="folder of binaries that are built already (default: build the quick profile)")
    parser.add_argument("--judge", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--sam", required=True, help=argparse.SUPPRESS)
    return parser.parse_args()


def step(what: str) -> None:
    """Says what comes next and when, since the deployments take their time."""
    print(f"[{time.strftime('%H:%M:%S')}] {what}", flush=True)


def main() -> int:
    """Runs the rehearsal; the exit code."""
    chosen = arguments()
    report = Report()
    if chosen.binaries is None:
        step("building the functions, quick profile")
    built = chosen.binaries or binaries.build(ROOT)
    with tempfile.TemporaryDirectory(prefix="wild-rydes-rehearsal-") as temporary:
        folder = Path(temporary)
        functions = translate.binaries_of(chosen.template)
        code = binaries.pack(built, sorted(set(functions.values())), folder / "code")
        plain = folder / "template.json"
        translate.for_judge(chosen.template, code, plain)
        with Judge(chosen.judge, folder) as judge:
            step(f"the judge listens on {judge.endpoint}")
            production = Stack(judge, chosen.sam, plain, "prod", binaries.architecture())
            checks.production_names_its_origin(production, report)
            stacks = [Stack(judge, chosen.sam, plain, stage, binaries.architecture()) for stage in STAGES]
            for stack in stacks:
                step(f"deploying {stack.name}")
                stack.deploy()
                checks.fleet_is_seeded(stack, report)
                step(f"updating {stack.name}: its services are found at the judge's address")
                stack.deploy(ApiBaseUrl=stack.base_url())
            for stack in stacks:
                step(f"booking in {stack.name}")
                checks.ride_is_booked(stack, report)
            step("refusals")
            checks.refusals(stacks[0], report)
            step("who may call")
            callers.signatures(stacks[0], report)
            # A stage of its own: the judge makes another API, with another address, when the routes of one change.
            riders = Stack(judge, chosen.sam, plain, "riders", binaries.architecture())
            riders.deploy(RiderAuth="cognito")
            riders.deploy(RiderAuth="cognito", ApiBaseUrl=riders.base_url())
            callers.riders(riders, report)
            step("what API Gateway answers itself")
            gateway.complete_import(stacks[0], chosen.template, cors_origin="*")
            checks.mocks(stacks[0], report)
            checks.failed_function(stacks[0], report)
            stacks[1].deploy(ApiBaseUrl=stacks[1].base_url(), ThrottleRate="1", ThrottleBurst="1")
            gateway.complete_import(stacks[1], chosen.template, cors_origin="*")
            checks.gateway_errors(stacks[1], report)
            checks.beyond_the_judge(report)
            if report.failures:
                print(f"\n--- the judge's last lines:\n{judge.last_lines(80)}")
    return report.finish()


# As an exception, so that the judge is stopped and its folder removed on the way out.
for sign in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(sign, lambda number, _: sys.exit(128 + number))
raise SystemExit(main())
