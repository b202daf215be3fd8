"""Programs whose parts learn at different rates or not at all do to the bit what hand-written loops do."""

import copy
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.drawing import block, draw
from tests.programs import analysed, batch_of, call, live, text_of, tidy
from workbench.codegen.script import script
from workbench.core.document import Document, Update
from workbench.core.expressions import Value

BODY = block(
    """
    x Input
    conv Conv2d out_channels=4 kernel_size=3 < x
    norm BatchNorm2d < conv
    relu ReLU < norm
    drop Dropout p=0.5 < relu
    y Output < drop
    """
)
MODEL = """
    digits Dataset
    body @Body < digits.image
    flat Flatten < body
    fc1 Linear out_features=16 < flat
    relu ReLU < fc1
    fc2 Linear out_features='= classes' < relu
    loss CrossEntropyLoss < fc2 digits.label
"""
STEPS = 5


def model(
    rates: dict[str, Value],
    optimizer: dict[str, Value],
    schedule: dict[str, Value] | None = None,
    train: tuple[str, ...] = (),
) -> Document:
    update = Update("train", {"loss": 1}, train, optimizer, schedule or {}, rates=rates)
    return draw(MODEL, blocks={"Body": BODY}, updates=(update,))


def trained(document: Document) -> tuple[dict[str, Tensor], dict[str, Tensor], nn.Module]:
    """Weights before and after some steps as the trainer does them, and the program."""
    program = live(document).train()
    batch = batch_of(analysed(document))
    before = copy.deepcopy(program.state_dict())
    optimizer = call(program, "optimizer_train")
    make = getattr(program, "schedule_train", None)
    schedule = make(optimizer, STEPS, STEPS) if make else None
    torch.manual_seed(1)
    for _ in range(STEPS):
        losses = call(program, "update_train", batch)
        optimizer.zero_grad(set_to_none=True)
        losses["loss"].backward()
        optimizer.step()
        if schedule is not None:
            schedule.step()
    return before, program.state_dict(), program


def by_hand(document: Document, optimizer: type[torch.optim.Optimizer], rates: dict[str, float],
            cycle: dict[str, Any] | None = None, **values: Any) -> dict[str, Tensor]:  # fmt: skip
    """The same with plain torch: parameter groups, no gradient for what is frozen, its block in evaluation."""
    program = live(document)
    batch = batch_of(analysed(document))
    parts: dict[str, Any] = {name: program.get_submodule(name) for name in ("body", "fc1", "fc2")}
    for part in parts.values():
        part.train()
    groups = []
    for name, part in parts.items():
        if rates[name]:
            groups.append({"params": list(part.parameters()), "lr": values["lr"] * rates[name]})
        else:
            part.eval()
    made = optimizer(groups, **values)
    peaks = [cycle["max_lr"] * rate for rate in rates.values() if rate] if cycle else []
    schedule = (
        torch.optim.lr_scheduler.OneCycleLR(made, **{**cycle, "max_lr": peaks}, total_steps=STEPS)
        if cycle
        else None
    )
    torch.manual_seed(1)
    for _ in range(STEPS):
        with torch.set_grad_enabled(bool(rates["body"])):
            features = parts["body"](batch["digits.image"])
        loss = F.cross_entropy(parts["fc2"](F.relu(parts["fc1"](features.flatten(1)))), batch["digits.label"])
        made.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch's stubs leave it open
        made.step()
        if schedule is not None:
            schedule.step()
    return program.state_dict()


SGD: dict[str, Value] = {"type": "SGD", "lr": 0.05, "momentum": 0.9}
ADAM: dict[str, Value] = {"type": "Adam", "lr": 0.01}


@pytest.mark.parametrize(
    "rates", [{"body": 0.1, "fc1": 1.0, "fc2": 3.0}, {"body": 0.0, "fc1": 0.5, "fc2": 1.0}]
)
def test_each_part_goes_its_own_steps_to_the_bit(rates: dict[str, float]) -> None:
    cases: tuple[tuple[dict[str, Value], type[torch.optim.Optimizer], dict[str, Any]], ...] = (
        (SGD, torch.optim.SGD, {"lr": 0.05, "momentum": 0.9}),
        (ADAM, torch.optim.Adam, {"lr": 0.01}),
    )
    for values, kind, hand in cases:
        document = model({**rates}, values)
        _, after, _ = trained(document)
        wanted = by_hand(document, kind, rates, **hand)
        assert all(torch.equal(after[name], wanted[name]) for name in wanted)


def test_a_schedule_with_a_peak_keeps_the_rates_apart() -> None:
    rates = {"body": 0.1, "fc1": 1.0, "fc2": 3.0}
    document = model({**rates}, ADAM, {"type": "OneCycleLR", "max_lr": 0.02})
    _, after, _ = trained(document)
    wanted = by_hand(document, torch.optim.Adam, rates, {"max_lr": 0.02, "pct_start": 0.3}, lr=0.01)
    assert all(torch.equal(after[name], wanted[name]) for name in wanted)


@pytest.mark.parametrize("train", [(), ("fc1", "fc2")])
def test_what_is_frozen_does_not_move_by_a_bit(train: tuple[str, ...]) -> None:
    before, after, program = trained(model({"body": 0}, {**ADAM, "weight_decay": 0.1}, train=train))
    still = [name for name in before if name.startswith("body.")]
    assert any("running_mean" in name for name in still)
    assert all(torch.equal(before[name], after[name]) for name in still)
    assert not any(torch.equal(before[name], after[name]) for name in before if name not in still)
    body = program.get_submodule("body")
    assert all(weight.grad is None for weight in body.parameters()), "no gradient is worked out for it"
    held = {id(p) for group in call(program, "optimizer_train").param_groups for p in group["params"]}
    assert not held & {id(weight) for weight in body.parameters()}
    assert not any(module.training for module in body.modules()) and program.training


def test_the_text_says_it_plainly() -> None:
    text = text_of(model({"body": 0, "fc1": 0.1}, ADAM))
    assert "        self.body.requires_grad_(False)\n" in text
    assert "        self.body.eval()\n" in text
    assert '            {"params": self.fc1.parameters(), "lr": 0.01 * 0.1},\n' in text
    assert "        return torch.optim.Adam(groups, lr=0.01)\n" in text
    assert "trains everything but body." in text
    assert "frozen(" not in text


def test_long_lists_of_parts_are_laid_out_well(tmp_path: Path) -> None:
    names = [f"a_layer_with_a_long_name_{number}" for number in range(6)]
    lines = ["digits Dataset", "flat Flatten < digits.image"]
    lines += [f"{name} Linear out_features=9 < {fed}" for fed, name in pairwise(["flat", *names])]
    lines += [
        f"head Linear out_features='= classes' < {names[-1]}",
        "loss CrossEntropyLoss < head digits.label",
    ]
    texts = []
    cases: tuple[tuple[tuple[str, ...], dict[str, Value]], ...] = (
        ((), dict.fromkeys(names, 0.1)),
        ((), {**dict.fromkeys(names[:3], 0.0), names[3]: "= 1 / 3"}),
        ((), {names[0]: 0.5}),
        (tuple(names), {}),
    )
    for train, rates in cases:
        update = Update("train", {"loss": 1}, train, ADAM, {"type": "OneCycleLR"}, rates={**rates})
        document = draw("\n".join(lines), updates=(update,))
        texts += [text_of(document), script(document, analysed(document))]
    tidy(texts, tmp_path)
