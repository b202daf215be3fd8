"""Modules that libraries import wherever they are installed, left out of a process that has no use for them.

Standard library only.
"""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType


class _NotHere(MetaPathFinder):
    def __init__(self, name: str) -> None:
        self._name = name

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        if name == self._name:
            raise ModuleNotFoundError(f"{name} is left out of this process", name=name)


def leave_out(name: str) -> None:
    """From here on it is as if the module were not installed."""
    # None in sys.modules would not do: scikit-learn takes what stands there for the module.
    sys.meta_path.insert(0, _NotHere(name))
