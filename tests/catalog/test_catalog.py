"""The catalog as a whole: it loads fast without torch, and the classes that it puts into programs are tidy."""

import ast
import json
import os
import subprocess
import sys
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from workbench.catalog.forms import Declared
from workbench.catalog.spec import node_types
from workbench.catalog.training import OPTIMIZERS, SCHEDULES, Settings

_LOAD = """
import json, sys, time
before = set(sys.modules)
start = time.process_time()
from workbench.catalog.forms import fields_of
from workbench.catalog.spec import node_types
count = len(node_types())
fields = sum(len(fields_of(cls)) for cls in node_types().values())
seconds = time.process_time() - start
print(json.dumps({"seconds": seconds, "modules": sorted(set(sys.modules) - before), "count": count, "fields": fields}))
"""


def test_it_loads_in_a_moment_with_the_standard_library_alone(tmp_path: Path) -> None:
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    variables |= {
        "PYTHONPYCACHEPREFIX": str(tmp_path)
    }  # the first load compiles, the others are what people see
    command = [sys.executable, "-c", _LOAD]
    found = [json.loads(subprocess.check_output(command, text=True, env=variables)) for _ in range(4)]
    assert found[0]["count"] == len(node_types()) and found[0]["fields"] > 100
    foreign = {name.partition(".")[0] for name in found[0]["modules"]} - sys.stdlib_module_names
    assert foreign == {"workbench"}
    # The budget is 50 ms of a quiet machine; here other tests may run at the same time.
    assert min(each["seconds"] for each in found) < 0.25


def test_sources_are_formatted_and_clean(tmp_path: Path) -> None:
    """They become part of a program that passes ruff."""
    sources = dict.fromkeys(cls.source.strip() for cls in node_types().values() if cls.source)
    header = (
        "import math\n\nimport torch\nfrom torch import nn\nfrom torch.nn import functional as F\n\n"
        "__all__ = ['F', 'math', 'nn']\n\n\n"
    ).replace("'", '"')
    path = tmp_path / "sources.py"
    path.write_text(header + "\n\n\n".join(sources) + "\n", encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff"]
    formatted = [*ruff, "format", "--isolated", "--line-length", "88", "--diff", str(path)]
    assert subprocess.run(formatted, capture_output=True, text=True, check=False).stdout == ""
    rules = "E,F,W,I,B,N,UP,D101,SIM"
    checked = [
        *ruff,
        "check",
        "--isolated",
        "--line-length",
        "110",
        "--select",
        rules,
        "--ignore",
        "N812",
        str(path),
    ]
    found = subprocess.run(checked, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


def test_sources_are_typed_and_documented() -> None:
    for name, cls in node_types().items():
        if not cls.source:
            continue
        assert f"class {cls.torch}(nn.Module):" in cls.source, name
        assert cls.source.count('"""') == 2, name
        for made in ast.walk(ast.parse(cls.source)):
            if isinstance(made, ast.FunctionDef):
                assert made.returns and all(given.annotation for given in made.args.args[1:]), made.name


def test_a_form_takes_no_more_values_than_it_has_fields_and_none_twice() -> None:
    linear = node_types()["Linear"]
    names = [*linear.DEFAULTS]
    assert linear(7, False) == linear(**dict(zip(names, (7, False), strict=False)))
    with pytest.raises(TypeError, match=f"Linear has {len(names)} fields, not {len(names) + 1}: {names[0]}"):
        linear(*range(len(names) + 1))
    with pytest.raises(TypeError, match=f"Linear was given {names[0]} twice"):
        linear(7, **{names[0]: 8})
    with pytest.raises(TypeError, match=r"Linear has no field wide\."):
        linear(7, wide=8)


def test_a_form_never_changes_and_gives_another_one_instead() -> None:
    linear = node_types()["Linear"](out_features=7)
    for name in linear.DEFAULTS:
        with pytest.raises(FrozenInstanceError, match=rf"Linear\.{name} cannot be changed"):
            setattr(linear, name, 8)
    assert linear.with_values(out_features=8) == type(linear)(out_features=8) != linear


def test_every_field_of_every_form_is_declared() -> None:
    """A name with an annotation but no `param` would be no field, and a class without `@form` would have none."""
    for cls in {
        base
        for kind in (*node_types().values(), *OPTIMIZERS.values(), *SCHEDULES.values(), Settings)
        for base in kind.__mro__
    }:
        for name, annotation in vars(cls).get("__annotations__", {}).items():
            assert name in getattr(cls, "DEFAULTS", ()) or "ClassVar" in str(annotation), (cls, name)
        assert not any(isinstance(value, Declared) for value in vars(cls).values()), cls
