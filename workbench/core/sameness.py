"""Whether two documents, or parts of them, are the same. Python takes 1 and True for equal, but fields do not,
and it takes no account of the order of a block's inputs and outputs. Core only.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from workbench.core.document import Block


def same(one: Any, other: Any, *, ordered: bool = False) -> bool:
    """Equal, and of the same types all the way down. `ordered` asks for the order of nodes and names as well."""
    if one is other:
        return True
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        if one.keys() != other.keys() or (ordered and list(one) != list(other)):
            return False
        return all(same(value, other[key], ordered=ordered) for key, value in one.items())
    if isinstance(one, int | float) and isinstance(
        other, int | float
    ):  # fields take 1.0 as 1, and never as True
        return isinstance(one, bool) == isinstance(other, bool) and one == other
    if type(one) is not type(other):
        return False
    if isinstance(one, Block) and (one.inputs, one.outputs) != (other.inputs, other.outputs):
        return False
    if is_dataclass(one):
        names = [field.name for field in fields(one)]
        return all(same(getattr(one, name), getattr(other, name), ordered=ordered) for name in names)
    if isinstance(one, tuple):
        return len(one) == len(other) and all(
            same(left, right, ordered=ordered) for left, right in zip(one, other, strict=True)
        )
    return bool(one == other)
