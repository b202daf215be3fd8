"""Programs for tests: from a document to its text, and from a text to a live `Program`. Imports torch and codegen."""

import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from workbench.catalog.check import Analysis, analyse
from workbench.catalog.samples import SAMPLES
from workbench.catalog.schema import Schema
from workbench.codegen.program import generate
from workbench.core.document import Document
from workbench.core.shapes import TensorSpec

RUFF = [sys.executable, "-m", "ruff"]
SIZES = {"N": 3, "L": 7, "S": 5, "D": 6, "H": 8, "W": 8, "V": 6, "E": 11}


def analysed(document: Document, schemas: Mapping[str, Schema] = SAMPLES) -> Analysis:
    """The analysis of a document that must be fine."""
    analysis = analyse(document, schemas)
    assert analysis.ok, [str(problem) for problem in analysis.problems]
    return analysis


def text_of(document: Document, schemas: Mapping[str, Schema] = SAMPLES) -> str:
    return generate(document, analysed(document, schemas))


def names_of(text: str) -> dict[str, Any]:
    """Everything that the text defines."""
    found: dict[str, Any] = {"__name__": "program"}
    exec(compile(text, "program.py", "exec"), found)  # noqa: S102 - the program, as the trainer imports it
    return found


def live(document: Document, schemas: Mapping[str, Schema] = SAMPLES, seed: int = 0) -> nn.Module:
    """The program of a document."""
    made = names_of(text_of(document, schemas))["Program"]
    torch.manual_seed(seed)
    return cast(nn.Module, made())


def call(program: nn.Module, name: str, *arguments: Any) -> Any:
    """Calls a method that only the program's text knows."""
    return cast(Callable[..., Any], getattr(program, name))(*arguments)


def tensor(spec: TensorSpec, generator: torch.Generator, sizes: Mapping[str, int] = SIZES) -> Tensor:
    """Random values of a spec."""
    shape = tuple(sizes[dim] if isinstance(dim, str) else dim for dim in spec.shape)
    if spec.dtype == "index":
        highest = spec.bound or (sizes["V"] if "E" in spec.shape else 2)
        return torch.randint(highest, shape, generator=generator)
    return torch.rand(shape, generator=generator)


def owners() -> Tensor:
    """Whose each node is: every graph of a batch has some."""
    return torch.arange(SIZES["V"]) * SIZES["N"] // SIZES["V"]


def batch_of(analysis: Analysis, seed: int = 0) -> dict[str, Tensor]:
    """A batch of random values for all datasets of a drawing."""
    generator = torch.Generator().manual_seed(seed)
    return {
        f"{id}.{port}": owners() if port == "graph" else tensor(spec, generator)
        for id, info in analysis.root.infos.items()
        if info.node.type == "Dataset"
        for port, spec in info.outputs.items()
    }


def tidy(texts: Iterable[str], folder: Path) -> None:
    """Fails unless ruff, with the settings that it comes with, has nothing to say about any of the texts."""
    for number, text in enumerate(texts):
        (folder / f"program{number}.py").write_text(text, encoding="utf-8")
    formatted = subprocess.run(
        [*RUFF, "format", "--isolated", "--diff", str(folder)], capture_output=True, text=True, check=False
    )
    assert formatted.returncode == 0, formatted.stdout[:3000]
    checked = subprocess.run(
        [*RUFF, "check", "--isolated", "--select", "E4,E7,E9,F,W,I,B", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout[:3000]
