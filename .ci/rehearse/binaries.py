"""The functions' binaries, of the quick profile and for this machine, each in a folder of its own as `bootstrap`."""

import json
import os
import platform
import shutil
import subprocess
from pathlib import Path


def architecture() -> str:
    """This machine's, in the words of the template's parameter."""
    return {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine()]


def build(root: Path) -> Path:
    """Builds the workspace's binaries and returns the folder that Cargo put them in."""
    subprocess.run(["cargo", "build", "--quiet", "--workspace", "--bins"], cwd=root, check=True, stdin=subprocess.DEVNULL)
    told = subprocess.run(
        ["cargo", "metadata", "--no-deps", "--format-version", "1"], cwd=root, check=True, stdin=subprocess.DEVNULL, capture_output=True
    )
    # Cargo's own word for it, so that CARGO_TARGET_DIR and configuration files count.
    return Path(json.loads(told.stdout)["target_directory"]) / "debug"


def lay_out(built: Path, names: list[str], folder: Path) -> dict[str, Path]:
    """Copies each binary to `folder/NAME/bootstrap`, without its debug information: the judge zips and unpacks it."""
    placed = {}
    for name in names:
        if not (built / name).is_file():
            raise SystemExit(f"There is no binary {name} in {built}. Build it with: cargo build --workspace --bins")
        target = folder / name / "bootstrap"
        target.parent.mkdir(parents=True)
        shutil.copyfile(built / name, target)
        os.chmod(target, 0o755)
        if shutil.which("strip") and target.open("rb").read(4) == b"\x7fELF":
            subprocess.run(["strip", str(target)], check=True, stdin=subprocess.DEVNULL)
        placed[name] = target.parent
    return placed
