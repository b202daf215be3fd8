"""Blocks that run once for each step of a sequence: against torch's own recurrence, and what the check says of them."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.drawing import block, draw
from tests.programs import analysed, call, live, text_of, tidy
from workbench.catalog.check import analyse
from workbench.catalog.costs import activations
from workbench.catalog.samples import SAMPLES
from workbench.catalog.templates import load
from workbench.core.definitions import RenamePort
from workbench.core.document import Block, Document
from workbench.core.errors import EditError
from workbench.core.unpack import UnpackBlock

CELL = """
    x Input steps=true
    h Input
    wide Linear out_features=6 < x
    again Linear out_features=6 bias=false < h
    both Add < wide again
    now Tanh < both
    y Output < now
    last Output feeds=h < now
"""
MODEL = """
    digits Dataset
    rows Reshape shape='[8, 8]' < digits.image
    zero Constant value=0 shape='[6]'
    cell @Cell < rows zero
    flat Flatten < cell.y
    fc Linear out_features='= classes' < flat
    loss CrossEntropyLoss < fc digits.label
    states Output < cell.y
    final Output < cell.last
"""


def model(cell: str = CELL, text: str = MODEL) -> Document:
    blocks = {"Cell": block(cell)}
    return draw(text, blocks=blocks)


def problems(document: Document) -> str:
    return " ".join(str(problem) for problem in analyse(document, SAMPLES).problems)


def images(count: int = 3) -> Tensor:
    return torch.rand(count, 1, 8, 8, generator=torch.Generator().manual_seed(1))


def test_a_drawn_cell_is_torchs_recurrent_layer() -> None:
    program: Any = live(model())
    reference: Any = nn.RNN(8, 6, batch_first=True)
    with torch.no_grad():
        reference.weight_ih_l0.copy_(program.cell.wide.weight)
        reference.bias_ih_l0.copy_(program.cell.wide.bias)
        reference.weight_hh_l0.copy_(program.cell.again.weight)
        reference.bias_hh_l0.zero_()
    x = images()
    states, final = call(program, "states", x), call(program, "final", x)
    wanted, last = reference(x[:, 0])
    torch.testing.assert_close(states, wanted)
    torch.testing.assert_close(final, last[0])
    batch = {"digits.image": x, "digits.label": torch.tensor([1, 5, 7])}
    call(program, "update_train", batch)["loss"].backward()
    scores = program.fc(wanted.flatten(1))
    ours = program.cell.again.weight.grad.clone()
    loss: Any = nn.functional.cross_entropy(scores, batch["digits.label"])
    loss.backward()
    torch.testing.assert_close(ours, reference.weight_hh_l0.grad)


def test_the_program_is_tidy_and_says_the_loop(tmp_path: Path) -> None:
    text = text_of(model())
    tidy([text], tmp_path)
    assert "for step in range(rows.size(1)):" in text
    assert "cell_y, cell_last = self.cell(rows[:, step], cell_last)" in text.replace("\n", "")


def test_shapes_weights_and_work_count_every_step_once() -> None:
    analysis = analysed(model())
    cell = analysis.root.infos["cell"]
    assert cell.outputs["y"].shape == ("N", 8, 6) and cell.outputs["last"].shape == ("N", 6)
    assert cell.parameters == 8 * 6 + 6 + 6 * 6
    assert cell.operations == 8 * (8 * 6 + 6 * 6)
    inside = cell.copies[0].infos.values()
    assert activations(cell, {}) == 8 * sum(activations(info, {}) for info in inside) > 0


def test_what_only_the_state_sees_is_trained_too() -> None:
    """The output does not need the weight at this step; it gets a gradient through the next one."""
    late = """
        x Input steps=true
        h Input
        wide Linear out_features=6 < x
        y Output < h
        last Output feeds=h < wide
    """
    document = model(late)
    assert "cell" in analysed(document).updates[0].trains
    program: Any = live(document)
    batch = {"digits.image": images(), "digits.label": torch.tensor([1, 5, 7])}
    call(program, "update_train", batch)["loss"].backward()
    assert program.cell.wide.weight.grad.abs().sum() > 0


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("feeds=h", "feeds=z", "feeds back to “z”, which is not an input of the block"),
        ("feeds=h", "feeds=x", "“x” goes step by step, so “last” cannot feed back to it"),
        ("y Output", "y Output feeds=h", "outputs “y” and “last” both feed back to “h”"),
        ("steps=true", "", "but no input of the block goes step by step"),
        ("last Output feeds=h < now", "last Output feeds=h < x", "back to “h”, which began with N×6"),
    ],
)
def test_what_cannot_run_is_told(old: str, new: str, told: str) -> None:
    assert told in problems(model(CELL.replace(old, new)))


def test_what_makes_a_loop_is_not_worked_out() -> None:
    cell = "x Input steps='= 1 == 1'\nh Input\ny Output < x\nlast Output < h"
    assert "set plainly, not worked out" in problems(model(cell))


def test_a_loop_needs_sequences_of_one_length_and_does_not_repeat() -> None:
    assert "expects a sequence N×L×…" in problems(
        model(text=MODEL.replace("< rows zero", "< digits.label zero"))
    )
    assert "a loop cannot repeat as well" in problems(model(text=MODEL.replace("@Cell", "@Cell *2")))
    two = CELL.replace("h Input", "h Input\n    z Input steps=true", 1)
    other = "short Reshape shape='[4, 16]' < digits.image\n    cell @Cell < rows zero short"
    found = problems(model(two, MODEL.replace("cell @Cell < rows zero", other)))
    assert "“x” has 8 steps and “z” 4" in found


def test_only_ports_of_blocks_feed_back() -> None:
    assert "only an output of a block feeds back" in problems(
        model(text=MODEL.replace("final Output", "final Output feeds=h"))
    )


def test_what_is_fed_back_follows_a_new_name() -> None:
    renamed = RenamePort("Cell", "h", "memory").apply(model())
    assert renamed.blocks["Cell"].graph.fed_back == {"last": "memory"}
    assert analyse(renamed, SAMPLES).ok


def test_it_cannot_be_unpacked() -> None:
    with pytest.raises(EditError, match="is a loop over the steps of a sequence"):
        UnpackBlock("cell").apply(model())


def test_a_block_knows_its_loop() -> None:
    cell: Block = block(CELL)
    assert cell.graph.steps == ("x",) and cell.graph.fed_back == {"last": "h"}


def test_the_ready_lstm_drawn_gate_by_gate_is_torchs() -> None:
    program: Any = live(load("lstm-gates"))
    reference: Any = nn.LSTM(8, 64, batch_first=True)
    with torch.no_grad():
        for ours, theirs in (("now", "ih"), ("before", "hh")):
            layer = program.lstm.get_submodule(ours)
            getattr(reference, f"weight_{theirs}_l0").copy_(layer.weight)
            getattr(reference, f"bias_{theirs}_l0").copy_(layer.bias)
    x = images()
    wanted, (last, _) = reference(x[:, 0])
    torch.testing.assert_close(call(program, "states", x), wanted)
    torch.testing.assert_close(call(program, "digit", x), program.fc(last[0]))
