"""The program of a document: what it imports, one class per block, and one `Program` with its methods.

Deterministic; the text is what the trainer imports and what is exported.
"""

import builtins
import re
from collections.abc import Iterator, Sequence

from workbench.catalog.check import Analysis
from workbench.catalog.goals import goal_of
from workbench.codegen import optimizers
from workbench.codegen.blocks import Blocks
from workbench.codegen.methods import Methods
from workbench.codegen.text import INDENT, call, docstring, fit, literal
from workbench.core.document import Document
from workbench.core.errors import CodeError, EditError
from workbench.core.names import check_id, check_name, check_update
from workbench.core.values import shown

# Names that mean something else in the text, so that no class of a block may have them.
_TAKEN = frozenset(dir(builtins)) | frozenset(
    "Program Tensor Iterator Path F gnn math nn np torch contextmanager frozen weighted average "
    "read batches in_order evaluate trained main DATA WEIGHTS TRAINED SEED BATCH_SIZE LENGTH".split()
)

_FROZEN = '''
@contextmanager
def frozen(*modules: nn.Module) -> Iterator[None]:
    """Lets gradients flow through the modules, but not into their weights."""
    weights = [p for m in modules for p in m.parameters() if p.requires_grad]
    for weight in weights:
        weight.requires_grad_(False)
    try:
        yield
    finally:
        for weight in weights:
            weight.requires_grad_(True)
'''

_WEIGHTED = '''
def weighted(mean: Tensor, count: Tensor | int) -> Tensor:
    """A mean over `count` entries as a sum that adds up over batches."""
    return torch.stack([mean.detach() * count, torch.zeros_like(mean) + count])


def average(total: Tensor) -> float:
    """The mean of what `weighted` summed up."""
    return (total[0] / total[1]).item() if total[1] else 0.0
'''


def generate(document: Document, analysis: Analysis, tail: Sequence[str] = ()) -> str:
    """The program's text, followed by the lines of `tail`.

    Raises CodeError that lists what is wrong when the check found errors.
    """
    refuse_errors(analysis)
    _only_names(document, analysis)
    return "\n".join(_Writer(document, analysis, tail).lines()) + "\n"


def refuse_errors(analysis: Analysis) -> None:
    """Raises CodeError that lists what is wrong when the check found errors."""
    errors = [str(problem) for problem in analysis.problems if problem.severity == "error"]
    if errors:
        raise CodeError("The model cannot be compiled yet: " + " ".join(errors))


class _Writer:
    """Writes one program."""

    def __init__(self, document: Document, analysis: Analysis, tail: Sequence[str]) -> None:
        self.tail = ["", "", *tail] if tail else []
        self.document = document
        self.analysis = analysis
        kinds = [info.kind for info in analysis.nodes.values() if info.kind is not None]
        helpers = {name: source for name, source in (kind.module() for kind in kinds) if source}
        self.helpers = dict(sorted(helpers.items()))
        self.blocks = Blocks(analysis.root, analysis.active.blocks, {*_TAKEN, *self.helpers})
        self.methods = Methods(analysis.root, analysis.updates, goal_of(analysis).rising)

    def lines(self) -> list[str]:
        body = [part for line in (*self._program(), *self.tail) for part in fit(line)]
        helpers = [line for source in self.helpers.values() for line in [*source.strip().split("\n"), "", ""]]
        text = "\n".join([*helpers, *self.blocks.lines, *body])
        extra: list[str] = []
        if "with frozen(" in text:
            extra += [*_FROZEN.strip().split("\n"), "", ""]
        extra += [*_WEIGHTED.strip().split("\n"), "", ""]
        return [*self._head(text), "", "", *extra, *helpers, *self.blocks.lines, *body]

    def _head(self, text: str) -> list[str]:
        description = f"{self.document.name}: {self.analysis.parameters:,} learnable parameters."
        if self.document.description:
            description += f"\n\n{self.document.description}"

        def used(start: str) -> bool:
            return re.search(rf"\b{re.escape(start)}", text) is not None

        standard = ["import math"] if used("math.") else []
        if used("Iterator[") or used("with frozen("):
            standard.append("from collections.abc import Iterator")
        if used("with frozen("):
            standard.append("from contextlib import contextmanager")
        if used("Path("):
            standard.append("from pathlib import Path")
        third = ["import numpy as np"] if used("np.load(") else []
        third.append("import torch")
        if re.search(r"\bF\.[a-z]", text):  # not the end of a sentence about N×F
            third.append("import torch.nn.functional as F")
        if used("gnn."):
            third.append("import torch_geometric.nn as gnn")
        third.append("from torch import Tensor, nn")
        return [*docstring(description, 0), "", *standard, *([""] if standard else []), *third]

    def _program(self) -> Iterator[str]:
        yield "class Program(nn.Module):"
        yield from docstring("The model and its training step, as drawn.")
        yield ""
        yield f"{INDENT}# The updates of a step in their order: name, every how many steps, gradient clipping."
        updates = [literal((step.name, step.every, step.clip)) for step in self.analysis.updates]
        yield from call("UPDATES = (", updates, ",)" if len(updates) == 1 else ")", 1)
        yield ""
        yield f"{INDENT}def __init__(self) -> None:"
        yield f"{INDENT * 2}super().__init__()"
        yield from self.blocks.construct(self.analysis.root)
        yield from optimizers.freeze(self.analysis.updates)
        yield from self.methods.lines()


def _only_names(document: Document, analysis: Analysis) -> None:
    """Everything that becomes a name in the text must be one: the last guard against code from a document."""
    try:
        for update in analysis.updates:
            check_update(update.name)
        for name, block in document.blocks.items():
            for each in (name, *block.params):
                check_name(each)
            for id in block.graph.nodes:
                check_id(id)
        for info in analysis.nodes.values():
            check_id(info.node.id)
            for port in info.outputs:
                if not (port.isascii() and port.isidentifier()):
                    raise CodeError(f"“{shown(port)}” cannot be the name of an output in a program.")
    except EditError as error:
        raise CodeError(str(error)) from error
