"""Workbench: draw, train and compare deep-learning models, offline, on your own machine.

`from workbench import Workspace` is the door for notebooks and scripts; nothing is loaded before it is asked for.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.notebook import Curve, Metric, Run, WorkbenchError, Workspace

__version__ = "0.1.0"
__all__ = ["Curve", "Metric", "Run", "WorkbenchError", "Workspace", "__version__"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from workbench import notebook

        return getattr(notebook, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
