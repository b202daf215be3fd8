"""Node ids become attributes of a torch module, and names in the program: none may hide what is there already."""

import builtins
import keyword
import re

import pytest
from torch import nn

from workbench.catalog.spec import node_types
from workbench.core.document import Graph, Node
from workbench.core.errors import EditError
from workbench.core.names import check_id, unique_id


def accepted(id: str) -> bool:
    try:
        check_id(id)
    except EditError:
        return False
    return True


def test_no_id_hides_what_a_module_has() -> None:
    taken = {name for name in dir(nn.Module()) if not name.startswith("_")}
    assert len(taken) > 50
    assert {name for name in taken if accepted(name)} == set()


def test_no_id_is_a_word_of_python() -> None:
    words = {*keyword.kwlist, *keyword.softkwlist}
    assert {word for word in words if accepted(word.lower())} - {"_"} == set()


def test_no_id_hides_a_builtin_that_programs_call() -> None:
    text = " ".join(cls.source for cls in node_types().values())
    called = set(re.findall(r"(?<![.\w])([a-z_]+)\(", text)) & set(dir(builtins))
    assert {name for name in called if accepted(name)} == set()


@pytest.mark.parametrize("name", node_types())
def test_every_type_makes_a_fitting_id(name: str) -> None:
    first = unique_id(Graph(), name)
    check_id(first)
    second = unique_id(Graph({first: Node(first, name)}), name)
    assert second != first
    check_id(second)
