"""The judge: a ministack process on loopback, on a free port, with everything it writes in one temporary folder."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

REGION = "eu-west-1"
ADMINISTRATOR = "test"  # key and secret of the judge's account, as its documentation gives them
READY_WITHIN_SECONDS = 60
ENDS_WITHIN_SECONDS = 10


def free_port() -> int:
    """A port that nobody listens on. Somebody may take it before the judge does, who then says so and ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Judge:
    """Use it in a `with`: entered, it answers; left, its whole process group is gone."""

    def __init__(self, program: str, folder: Path) -> None:
        self.program = program
        self.folder = folder
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.log = folder / "judge.log"
        self._process: subprocess.Popen[bytes] | None = None

    def environment(self) -> dict[str, str]:
        """What makes any AWS client talk to the judge, and nothing else."""
        own = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
        return own | {
            "AWS_ACCESS_KEY_ID": ADMINISTRATOR,
            "AWS_SECRET_ACCESS_KEY": ADMINISTRATOR,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "SAM_CLI_TELEMETRY": "0",
            "NO_PROXY": "127.0.0.1,localhost",
            "TMPDIR": str(self.folder),
        }

    def __enter__(self) -> "Judge":
        for tries_left in (2, 1, 0):
            self._start()
            try:
                self._wait_until_ready()
                return self
            except SystemExit:
                if tries_left == 0 or self._process.poll() is None:
                    self.__exit__()  # else a judge that is too slow is left behind
                    raise
                # Somebody took the port, most likely: what else is wrong is wrong again.
                self.port = free_port()
                self.endpoint = f"http://127.0.0.1:{self.port}"
        raise AssertionError("the last try returns or raises")

    def _start(self) -> None:
        server = self.environment() | {
            "AUTH": "true",  # signatures are verified, and a function may do only what its role allows
            "BIND_HOST": "127.0.0.1",  # its default is every interface
            "MINISTACK_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_REGION": REGION,
            "S3_DATA_DIR": str(self.folder / "s3"),
            "STATE_DIR": str(self.folder / "state"),
            "IOT_MTLS_ENABLED": "0",  # it would listen on a port that nobody here asked for
        }
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [self.program], env=server, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise SystemExit(f"The judge ended at once:\n{self.last_lines()}")
            try:
                with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise SystemExit(f"The judge was not ready after {READY_WITHIN_SECONDS} s:\n{self.last_lines()}")

    def last_lines(self, count: int = 40) -> str:
        """The end of the judge's log, which holds the functions' output too."""
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-count:])

    def __exit__(self, *_: object) -> None:
        # The group was made for the judge, so nobody else's process is in it.
        group = self._process.pid
        for sign in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(group, sign)
            except ProcessLookupError:
                break
            try:
                self._process.wait(timeout=ENDS_WITHIN_SECONDS)
            except subprocess.TimeoutExpired:
                continue
