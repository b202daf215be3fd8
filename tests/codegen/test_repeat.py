"""Repetitions in programs: how they are written, and repetitions in repetitions up to ResNet-152."""

import subprocess
from itertools import product
from pathlib import Path

import torch

from tests.drawing import block, draw
from tests.programs import RUFF, analysed, batch_of, call, live, names_of, text_of, tidy
from workbench.catalog.templates import load
from workbench.codegen.text import WIDTH, chain


def chains() -> list[str]:
    """Short and long ones, of one or several parts, as either kind of list."""
    lines = ["class Program:", "    def __init__(self):"]
    short, middle = "Cell()", f"Cell(width={'w' * 30}, depth=3)"
    long = f"Cell({', '.join(f'argument{n}={n}000000' for n in range(7))})"
    for part, count, times, sequential in product(
        (short, middle, long), (1, 3), (False, True), (False, True)
    ):
        if times and count == 1:
            lines += chain("self.cells", [part], "rest_repeat", sequential, 2)
        elif not times:
            lines += chain("self.cells", [part] * (count + 1), "", sequential, 2)
    for size in range(30, 80):  # around the width of a line
        for sequential in (False, True):
            part = f"Cell(width={'w' * (size - 20)})"
            lines += chain("self.cells", [part], "4", sequential, 2)
            lines += chain("self.cells", [part[: size // 2] + ")", "Cell()"], "", sequential, 2)
    return lines


def test_the_formatter_leaves_lists_of_repetitions_as_they_are(tmp_path: Path) -> None:
    lines = chains()
    assert len(lines) > 300 and max(map(len, lines)) <= WIDTH
    path = tmp_path / "program.py"
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    command = [*RUFF, "format", "--isolated", "--diff", str(path)]
    assert subprocess.run(command, capture_output=True, text=True, check=False).stdout == ""


def test_resnet_152_has_as_many_weights_as_the_check_counts(tmp_path: Path) -> None:
    text = text_of(load("resnet152"))
    tidy([text], tmp_path)
    with torch.device("meta"):  # sizes only: no time is spent on 60 million random numbers
        program = names_of(text)["Program"]()
        assert sum(weight.numel() for weight in program.parameters()) == 60_192_808
        scores = program.eval().scores(torch.empty(2, 3, 224, 224))
    assert scores.shape == (2, 1000)
    assert [len(stage.rest) + 1 for stage in program.stages] == [3, 8, 36, 3]


def test_the_blocks_of_resnet_152_are_written_once_each() -> None:
    text = text_of(load("resnet152"))
    assert [text.count(f"class {name}(nn.Module)") for name in ("Stage", "Projection", "Bottleneck")] == [
        1,
        1,
        1,
    ]
    assert "for _ in range(rest_repeat)" in text and "rest_repeat=35" in text


def test_five_levels_of_repetitions_train() -> None:
    blocks = {"L1": block("x Input\nfc Linear out_features='= w' < x\nact Tanh < fc\ny Output < act", w=4)}
    for level in range(2, 6):
        inner = f"L{level - 1}"
        blocks[f"L{level}"] = block(
            f"x Input\nmany @{inner} *2 w='= w + i' < x\ny Output < many", blocks, w=4
        )
    document = draw(
        "data Dataset dataset=iris\ndeep @L5 *2 w='= 4 + i' < data\nhead Linear out_features=3 < deep\n"
        "loss CrossEntropyLoss < head data.label",
        blocks=blocks,
    )
    analysis, program = analysed(document), live(document)
    assert analysis.parameters == sum(weight.numel() for weight in program.parameters())
    assert sum(path.endswith("/fc") for path in analysis.nodes) == 32
    first = call(program, "update_train", batch_of(analysis))["loss"]
    first.backward()
    assert all(weight.grad is not None for weight in program.parameters())
