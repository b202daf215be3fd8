"""What a model is for, in words for people: the edit that says it, and finding it in a model's text. Core only."""

import json
from dataclasses import dataclass, replace

from workbench.core.document import Document
from workbench.core.errors import EditError
from workbench.core.values import check_text


@dataclass(frozen=True, slots=True)
class SetDescription:
    """Says what the model is for; "" says nothing."""

    text: str

    @property
    def label(self) -> str:
        return "Describe the model"

    def apply(self, document: Document) -> Document:
        try:
            return replace(document, description=check_text(self.text.strip()))
        except EditError as error:
            raise EditError(f"The description: {error}") from error


def description_in(text: str) -> str:
    """The description in the text of a model; "" in one that cannot be read, which opening it will tell."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    about = found.get("description", "") if isinstance(found, dict) else ""
    return about if isinstance(about, str) else ""
