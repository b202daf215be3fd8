"""Texts as they are looked at: their letters, and the tokens that the model sees.  May import the content."""

from __future__ import annotations

from typing import Any

from workbench.engine.readers.content import Array, Content
from workbench.engine.readers.tokens import PAD


def parts(content: Content, position: int) -> list[dict[str, Any]]:
    """The texts of one item, without padding; what a text is to continue with is not repeated."""
    names = (name for name in content.schema.outputs if name in content.vocabularies and name != "next")
    return [part(name, content.arrays[name][position], content) for name in names]


def part(name: str, row: Array, content: Content) -> dict[str, Any]:
    """{"name", "kind": "text", "text", "tokens"}; padding at the end is left out."""
    vocabulary = content.vocabularies[name]
    numbers = [int(token) for token in row]
    if vocabulary.specials[:1] == (PAD,):
        while numbers and numbers[-1] == 0:
            numbers.pop()
    return {
        "name": name,
        "kind": "text",
        "text": vocabulary.decode(numbers),
        "tokens": vocabulary.pieces(numbers),
    }
