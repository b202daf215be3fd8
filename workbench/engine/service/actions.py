"""What can be asked of the service: by name, the function that answers. Each is imported when it is first asked for."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, cast

from workbench.core.errors import JobError
from workbench.engine.service.context import Context

Action = Callable[[Context, Mapping[str, Any]], dict[str, Any]]

_HERE, _THERE = "workbench.engine.service", "workbench.engine.explain"
ACTIONS: Mapping[str, str] = {
    "about": f"{_HERE}.about:about",
    "samples": f"{_HERE}.samples:samples",
    "evaluate": f"{_HERE}.evaluating:evaluate",
    "predict": f"{_HERE}.predicting:predict",
    "generate": f"{_HERE}.generating:generate",
    "generate_pictures": f"{_HERE}.generating:generate_pictures",
    "feature_maps": f"{_THERE}.maps:feature_maps",
    "filters": f"{_THERE}.maps:filters",
    "distributions": f"{_THERE}.distributions:distributions",
    "recorded": f"{_THERE}.recorded:recorded",
    "attention": f"{_THERE}.attention:attention",
    "saliency": f"{_THERE}.saliency:saliency",
    "activation_maximisation": f"{_THERE}.maximise:activation_maximisation",
    "embedding": f"{_THERE}.embedding:embedding",
    "loss_surface": f"{_THERE}.landscape:loss_surface",
}
"""By the name of a "do", the module and function that answers it."""


def action(name: object) -> Action:
    """The function for a "do". Raises JobError for one that there is not."""
    if not isinstance(name, str) or name not in ACTIONS:
        raise JobError(f"The service does not know “{name}”; it knows {', '.join(ACTIONS)}.")
    module, _, function = ACTIONS[name].partition(":")
    return cast(Action, getattr(import_module(module), function))
