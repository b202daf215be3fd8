"""What this machine and installation offer, as lines to read.  Nothing heavy is imported to find out."""

import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.store.store import Store

PACKAGES = ("PySide6-Essentials", "torch", "torch-geometric", "SQLAlchemy", "numpy")


def facts(store: "Store") -> list[tuple[str, str]]:
    """(what, value) pairs; runs in the background."""
    from workbench.jobs.devices import devices
    from workbench.store.sqlite import library

    sqlite = library()
    found = [(device.id, f"{device.name} · {device.memory / 2**30:.0f} GiB") for device in devices()]
    return [
        ("Workbench", _version("workbench")),
        ("Python", f"{platform.python_version()} · {sys.executable}"),
        ("System", platform.platform()),
        *found,
        ("SQLite", sqlite.why),
        *((name, _version(name)) for name in PACKAGES),
    ]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
