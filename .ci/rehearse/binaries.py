"""The functions' binaries, of the quick profile and for this machine, each in an archive of its own as `bootstrap`."""

import json
import platform
import shutil
import subprocess
import zipfile
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


def pack(built: Path, names: list[str], folder: Path) -> dict[str, Path]:
    """Puts each binary into `folder/NAME.zip`, without its debug information and not compressed.

    `sam deploy` takes an archive as it is. A folder it would compress again for each of the deployments, which took a third of all
    the processor time of the rehearsal.
    """
    packed = {}
    folder.mkdir(parents=True)
    for name in names:
        if not (built / name).is_file():
            raise SystemExit(f"There is no binary {name} in {built}. Build it with: cargo build --workspace --bins")
        copy = folder / name
        shutil.copyfile(built / name, copy)
        if shutil.which("strip") and copy.open("rb").read(4) == b"\x7fELF":
            subprocess.run(["strip", str(copy)], check=True, stdin=subprocess.DEVNULL)
        packed[name] = folder / f"{name}.zip"
        with zipfile.ZipFile(packed[name], "w", zipfile.ZIP_STORED) as archive:
            # With the date that ZipInfo has by itself, so that the same binary is the same archive.
            entry = zipfile.ZipInfo("bootstrap")
            entry.create_system = 3  # Unix, whose permissions follow
            entry.external_attr = 0o100755 << 16
            archive.writestr(entry, copy.read_bytes())
        copy.unlink()
    return packed
