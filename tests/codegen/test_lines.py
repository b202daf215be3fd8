"""The lines that node types write keep to the formatter's width, however long the names of a drawing are."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.catalog.forms import fields_of, fill
from workbench.catalog.spec import Call, node_types
from workbench.codegen.text import WIDTH, fit


def lines_of_all_types(length: int) -> Iterator[str]:
    for cls in node_types().values():
        for example in cls.examples:
            shown = {entry.name for entry in fields_of(cls)}
            params = {name: value for name, value in example.params.items() if name in shown}
            hidden = {name: value for name, value in example.params.items() if name not in shown}
            kind = fill(cls, params, **hidden)
            inputs = tuple(
                f"input_{index}_".ljust(length, "x")[:length] for index in range(len(example.inputs))
            )
            outputs = tuple(f"{port}_".ljust(length, "y")[:length] for port in kind.output_ports())
            module = "self." + "module_".ljust(length, "z")[:length]
            yield from kind.forward(Call(module, inputs, outputs, example.inputs, 'batch["digits.image"]'))
            chosen = next((entry.choices for entry in fields_of(cls) if entry.name == "weight_init"), ())
            for how in chosen:
                if how != "default":
                    first = fill(cls, {**params, "weight_init": how}, **hidden)
                    yield from first.initialise(module, *example.inputs)


@pytest.mark.parametrize("length", [8, 20, 40, 64])
def test_the_formatter_leaves_them_as_they_are(length: int, tmp_path: Path) -> None:
    body = [part for line in lines_of_all_types(length) for part in fit(f"        {line}")]
    assert len(body) > 100
    assert all(len(line) <= WIDTH or line.endswith("# fmt: skip") for line in body)
    path = tmp_path / "lines.py"
    path.write_text("\n".join(["class Program:", "    def forward(self):", *body, ""]), encoding="utf-8")
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--diff", str(path)]
    assert subprocess.run(command, capture_output=True, text=True, check=False).stdout == ""
