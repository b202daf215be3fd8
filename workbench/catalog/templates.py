"""Templates: ready models that ship with Workbench. Each is an ordinary document. Standard library and core only."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from workbench.core.document import Document
from workbench.core.errors import DocumentError
from workbench.core.files import read
from workbench.core.resources import resource

CATEGORIES = ("Images", "Sequences", "Sound", "Text", "Generative", "Graphs", "Tables")
RENAMED: Mapping[str, str] = MappingProxyType(
    {
        "forecast-gru": "lstm-forecast",
        "segmentation": "small-unet",
        "series-conv": "cnn1d",
        "sound-conv": "cnn1d-sound",
        "text-classifier": "text-cnn",
        "translation-gru": "seq2seq-lstm",
    }
)
"""Ids of earlier versions, and what does the same today."""


@dataclass(frozen=True, slots=True)
class Template:
    """A ready model: what it is called, where it is shown, what it achieves in its first two minutes.

    A landmark is a published network at its full size, on data to be chosen. `parameters` are those of its document,
    which takes too long to count each time that all are listed.
    """

    id: str
    title: str
    category: str
    goal: str
    path: Path
    parameters: int
    landmark: bool = False


@cache
def templates() -> tuple[Template, ...]:
    """All templates, the one for newcomers first."""
    folder = resource("templates")
    entries = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    return tuple(Template(**entry, path=folder / f"{entry['id']}.json") for entry in entries)


@cache
def load(id: str) -> Document:
    """The document of a template, also by an id of earlier versions. Raises DocumentError with the known ids."""
    for template in templates():
        if template.id == RENAMED.get(id, id):
            return read(template.path)
    known = ", ".join(template.id for template in templates())
    raise DocumentError(f"There is no template “{id}”. Known are: {known}.")
