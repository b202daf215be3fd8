"""Modules that torch and torch_geometric import though no run uses them are imported once something is asked of them.

Standard library only; the package puts this in place before anything imports torch.
"""

import importlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

COMPILER = "torch._dynamo"
DATASETS = "torch_geometric.datasets"


class Deferred(ModuleType):
    """Stands for a module until somebody wants anything of it."""

    def __getattr__(self, name: str) -> Any:
        # Asked by who looks through all modules and wants none of them.
        if name.startswith("__") and name != "__path__":
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r} yet")
        return getattr(self._itself(), name)

    def _itself(self) -> Any:
        if sys.modules.get(self.__name__) is self:
            sys.modules.pop(self.__name__, None)
        return importlib.import_module(self.__name__)


class Compiler(Deferred):
    """torch's compiler, which takes as long as the rest of torch: every optimiser asks it to leave its methods alone,
    and that can be answered without it.
    """

    @staticmethod
    def graph_break(*_: object, **__: object) -> None:
        """Nothing is being compiled, so there is no graph to end."""

    def disable(self, function: Callable[..., Any] | None = None, *rest: Any, **how: Any) -> Any:
        """Without wrapping it is what torch asks for a function of its own that is just being called."""
        if function is not None and how == {"wrapping": False}:
            return function
        return self._itself().disable(function, *rest, **how)


def defer() -> None:
    """What is imported already stays."""
    for module in (Compiler(COMPILER), Deferred(DATASETS)):
        sys.modules.setdefault(module.__name__, module)
