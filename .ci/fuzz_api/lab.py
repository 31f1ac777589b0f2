"""The lab, in a process group of its own, on a free port."""

import json
import os
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

READY_WITHIN_SECONDS = 1800  # a fresh machine builds everything first
ENDS_WITHIN_SECONDS = 15
READY = "Serving until Ctrl-C."


class Lab:
    """Use it in a `with`: entered, it has booked its first ride; left, its process group is gone."""

    def __init__(self, command: list[str], root: Path, folder: Path) -> None:
        self.command = command
        self.root = root
        self.output = folder / "lab.log"
        self.state_directory = folder / "state"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Lab":
        with self.output.open("wb") as output:
            self._process = subprocess.Popen(
                self.command,
                cwd=self.root,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                # Its own place: another lab of this checkout is none of our business.
                env=os.environ | {"LAB_STATE_DIR": str(self.state_directory)},
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while READY not in self.output.read_text(errors="replace"):
            if self._process.poll() is not None:
                raise SystemExit(f"The lab ended:\n{self.last_lines()}")
            if time.monotonic() > deadline:
                raise SystemExit(f"The lab was not ready after {READY_WITHIN_SECONDS} s:\n{self.last_lines()}")
            time.sleep(0.2)

    def last_lines(self, count: int = 40) -> str:
        """The end of what the lab printed."""
        return "\n".join(self.output.read_text(errors="replace").splitlines()[-count:])

    def lives(self) -> bool:
        """Whether it still runs: it must survive whatever it is sent."""
        return self._process.poll() is None

    def base_url(self) -> str:
        """Where the API is, stage included."""
        return self._state()["ride_url"].removesuffix("/ride")

    def _state(self) -> dict:
        (state,) = self.state_directory.glob("state-*.json")
        return json.loads(state.read_text())

    def person(self) -> dict:
        """The access key of the person at the machine, who may call every route, and the region that it signs for."""
        state = self._state()
        return {"key": state["person"], "region": state["region"]}

    def rider_token(self) -> str | None:
        """An ID token of the user pool, where the stack has one."""
        pool = self._state().get("user_pool")
        if pool is None:
            return None
        request = urllib.request.Request(
            pool["token_url"],
            data=json.dumps({"rider": "fuzz", "expires_in": 86_400}).encode(),
            headers={"x-lab-secret": pool["mint_secret"]},
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
            return json.load(answer)["id_token"]

    def __exit__(self, *_: object) -> None:
        # The group was made for the lab, so nobody else's process is in it.
        for sign in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self._process.pid, sign)
                self._process.wait(timeout=ENDS_WITHIN_SECONDS)
                return
            except ProcessLookupError:
                return
            except subprocess.TimeoutExpired:
                continue
