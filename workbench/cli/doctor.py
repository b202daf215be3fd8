"""`workbench doctor`: what this installation is made of. Each finding is a fact and whether it is all right."""

import platform
import subprocess
import sys
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from workbench import __version__
from workbench.core.errors import StoreError
from workbench.jobs.devices import devices
from workbench.store.sqlite import library
from workbench.store.store import Store

PACKAGES = (
    "PySide6-Essentials",
    "torch",
    "torch-geometric",
    "SQLAlchemy",
    "numpy",
    "safetensors",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    ok: bool
    text: str

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def examine(workspace: Path) -> list[Finding]:
    """Looks at Python, packages, the SQLite library, devices, the engine and the workspace."""
    found = [
        Finding(
            "Workbench", True, f"{__version__}, Python {platform.python_version()}, {platform.platform()}"
        )
    ]
    found += [_package(name) for name in PACKAGES]
    chosen = library()
    mode = "write-ahead log" if chosen.wal else "rollback journal"
    found.append(Finding("SQLite", True, f"{chosen.version} from {chosen.name}, {mode}. {chosen.why}"))
    found += [Finding("Device", True, f"{device.id}: {device.name}") for device in devices()]
    found.append(_engine())
    found.append(_workspace(workspace))
    return found


def _package(name: str) -> Finding:
    try:
        return Finding(name, True, version(name))
    except PackageNotFoundError:
        return Finding(name, False, "not installed; `make run` installs it")


def _engine() -> Finding:
    """Whether torch starts, in a process of its own as for training."""
    code = "import torch; print(torch.__version__, 'cuda' if torch.cuda.is_available() else 'no cuda')"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False)
    if done.returncode:
        return Finding(
            "Training engine", False, done.stderr.strip().split("\n")[-1] or "torch does not start"
        )
    return Finding("Training engine", True, f"torch {done.stdout.strip()}")


def _workspace(path: Path) -> Finding:
    try:
        store = Store(path)
    except StoreError as error:
        return Finding("Workspace", False, str(error))
    runs, damaged = len(store.runs()), store.damaged_datasets()
    store.close()
    if damaged:
        named = ", ".join(f"“{id}”" for id in damaged)
        return Finding(
            "Workspace", False, f"{path}: what it knows of {named} is damaged; add that data again"
        )
    return Finding("Workspace", True, f"{path}, {runs} runs")
