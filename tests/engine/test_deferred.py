"""What is not asked anything is not imported; what is asked is the module itself from then on."""

import importlib
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from workbench.engine.deferred import Compiler, Deferred


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Compiler]:
    """In the place of a package that can be imported."""
    package = tmp_path / "late_comer"
    package.mkdir()
    (package / "__init__.py").write_text("def disable(f, *rest, **how): return (f, rest, how)\nvalue = 3\n")
    (package / "part.py").write_text("inner = 4\n")
    monkeypatch.syspath_prepend(tmp_path)
    standing = Compiler("late_comer")
    monkeypatch.setitem(sys.modules, "late_comer", standing)
    yield standing
    sys.modules.pop("late_comer.part", None)


def imported() -> ModuleType:
    return sys.modules["late_comer"]


def test_what_optimisers_ask_imports_nothing(stand_in: Compiler) -> None:
    stand_in.graph_break()
    assert stand_in.disable(len, True, wrapping=False) is len
    inspect.getmodule(inspect.currentframe())  # looks through all modules
    assert not hasattr(stand_in, "__file__")
    assert imported() is stand_in is importlib.import_module("late_comer")


def test_any_other_question_imports_it(stand_in: Compiler) -> None:
    assert stand_in.value == 3
    assert imported() is not stand_in and imported().__file__
    first = imported()
    assert stand_in.value == 3 and imported() is first  # who holds the stand-in still gets answers
    assert stand_in.disable(len, True) == (len, (True,), {})
    with pytest.raises(AttributeError, match="nothing"):
        _ = stand_in.nothing


def test_a_part_of_it_imports_it(stand_in: Compiler) -> None:
    assert importlib.import_module("late_comer.part").inner == 4
    assert not isinstance(imported(), Deferred)
