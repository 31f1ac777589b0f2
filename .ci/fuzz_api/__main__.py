"""Starts the lab, lets schemathesis loose on every route of openapi.yaml, and says what was answered.

What must hold of every answer: no server error, a status, a content type, headers and a body that the document knows, no request that the
document forbids is accepted, and a wrong method gets 405 with `Allow`. A failure is printed with the curl command that repeats it.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from .lab import Lab

ROOT = Path(__file__).resolve().parents[2]
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "allow_header_conformance",
]
# Proof that the cases came behind the door: each must have been answered so at least once.
SUCCESSES = {
    ("POST", "/ride", 201),
    ("POST", "/record", 201),
    ("GET", "/unicorn", 200),
    ("GET", "/health", 200),
    ("GET", "/ops", 200),
    ("GET", "/payments", 200),
    ("GET", "/count", 200),
    ("POST", "/payments/redrive", 202),
    ("POST", "/finance/ProcessPayment", 200),
    ("POST", "/finance/scenario", 200),
    ("GET", "/finance/charges", 200),
}


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog=".ci/fuzz-api", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1_000, help="about so many requests, over all routes, and half as many again that the document alone calls for (default: 1000, a minute and a half)")
    parser.add_argument("--seed", type=int, help="the seed that an earlier run printed (default: a new one)")
    parser.add_argument("--riders", action="store_true", help="with RiderAuth=cognito: a booking needs a token")
    parser.add_argument("--lab", type=Path, help="the lab's binary, built already (default: cargo builds it)")
    return parser.parse_args()


def operations() -> int:
    """How many operations openapi.yaml has, among which the cases are divided."""
    paths = yaml.safe_load((ROOT / "openapi.yaml").read_text())["paths"].values()
    return sum(method in {"get", "post"} for path in paths for method in path)


def lab_command(chosen: argparse.Namespace) -> list[str]:
    """Starts the lab on a free port."""
    program = [str(chosen.lab.resolve())] if chosen.lab else ["cargo", "run", "--quiet", "--bin", "lab", "--"]
    riders = ["--parameter", "RiderAuth=cognito"] if chosen.riders else []
    # More than this machine can send: what the throttle answers is tested elsewhere.
    return [*program, "up", "--port", "0", "--logs", "none", "--parameter", "ThrottleRate=10000", "--parameter", "ThrottleBurst=5000", *riders]


def fuzz(lab: Lab, chosen: argparse.Namespace, seed: int, folder: Path) -> int:
    """Runs schemathesis; its exit code."""
    secrets = folder / "secrets.json"
    secrets.touch(mode=0o600)
    secrets.write_text(json.dumps({**lab.person(), "rider_token": lab.rider_token()}))
    done = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "run", str(ROOT / "openapi.yaml"), "--url", lab.base_url()]
        + ["--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing", "--continue-on-failure", "--no-color"]
        # The lab's keys end with it; a command with its headers blotted out would repeat nothing.
        + ["--output-sanitize", "false"]
        + ["--max-examples", str(max(1, chosen.cases // operations())), "--seed", str(seed), "--request-timeout", "35"],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        env=os.environ
        | {
            "SCHEMATHESIS_HOOKS": str(Path(__file__).with_name("hooks.py")),
            "FUZZ_API_SECRETS": str(secrets),
            "FUZZ_API_COUNTS": str(folder / "counts.json"),
            "NO_PROXY": "127.0.0.1,localhost",
        },
    )
    return done.returncode


def main() -> int:
    """The exit code: 0 nothing found, 1 something found, else it could not run."""
    chosen = arguments()
    seed = chosen.seed if chosen.seed is not None else random.randrange(2**32)
    print(f"seed {seed}: repeat this run with .ci/fuzz-api --cases {chosen.cases} --seed {seed}{' --riders' if chosen.riders else ''}", flush=True)
    with tempfile.TemporaryDirectory(prefix="wild-rydes-fuzz-") as temporary:
        folder = Path(temporary)
        with Lab(lab_command(chosen), ROOT, folder) as lab:
            code = fuzz(lab, chosen, seed, folder)
            lives = lab.lives()
            last_lines = lab.last_lines()
        counts = json.loads((folder / "counts.json").read_text()) if (folder / "counts.json").exists() else []
    print("\nAnswers:")
    for method, path, status, count in counts:
        print(f"  {method:7} {path:16} {status}  {count}")
    print(f"  {sum(row[-1] for row in counts)} in all, seed {seed}")
    missing = SUCCESSES - {tuple(row[:3]) for row in counts}
    for method, path, status in sorted(missing):
        print(f"FAIL: no {method} {path} was ever answered {status}: the cases did not come that far")
    if not lives:
        print(f"FAIL: the lab ended:\n{last_lines}")
    return code or int(bool(missing) or not lives)


# As an exception, so that the lab is stopped and the folder removed on the way out.
for sign in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(sign, lambda number, _: sys.exit(128 + number))
raise SystemExit(main())
