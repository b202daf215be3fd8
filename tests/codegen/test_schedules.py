"""Learning rates step by step as formulas say, and optimisers that are torch's."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.drawing import draw
from tests.programs import call, live, text_of, tidy
from workbench.core.document import Document, Update
from workbench.core.expressions import Value
from workbench.engine.checkpoint import Progress, pack, read, restore, write

EPOCHS, PER_EPOCH = 8, 5
STEPS = EPOCHS * PER_EPOCH
PEAK = 0.5
SGD: dict[str, Value] = {"type": "SGD", "lr": PEAK}


def model(
    schedule: dict[str, Value],
    optimizer: dict[str, Value] | None = None,
    rates: dict[str, Value] | None = None,
    every: int = 1,
) -> Document:
    update = Update("train", {"loss": 1}, (), optimizer or SGD, schedule, every=every, rates=rates or {})
    return draw(
        "data Dataset dataset=iris\nbody Linear out_features=4 < data.features\nrelu ReLU < body\n"
        "fc Linear out_features='= classes' < relu\nloss CrossEntropyLoss < fc data.label",
        updates=(update,),
    )


def rates(
    schedule: dict[str, Value], stop: int = 0, folder: Path | None = None, part: float | None = None
) -> list[float]:
    """The learning rate of every step; with `stop` that of a run that goes on from a checkpoint there, with `part`
    that of a part which has this share of it.
    """
    document, found = model(schedule, rates={} if part is None else {"body": part}), []
    program = live(document)
    made = call(program, "optimizer_train")
    plan = call(program, "schedule_train", made, STEPS, PER_EPOCH)
    for step in range(STEPS):
        if folder and step == stop:
            content = pack({}, Progress(step=step), {"train": made}, {"train": plan}, torch.device("cpu"))
            write(folder / "last", content)
            made = call(program, "optimizer_train")
            plan = call(program, "schedule_train", made, STEPS, PER_EPOCH)
            restore(
                read(folder / "last"),
                torch.nn.Module(),
                {"train": made},
                {"train": plan},
                torch.device("cpu"),
            )
        found.append(made.param_groups[0]["lr"])
        if part is not None:
            assert made.param_groups[1]["lr"] == pytest.approx(found[-1] / part), "all go the same way"
        made.step()
        plan.step()
    return found


def warmed(warmup: int, least: float) -> Callable[[int], float]:
    """The rule of nanoGPT's training script."""

    def rate(step: int) -> float:
        if step < warmup:
            return PEAK * (step + 1) / (warmup + 1)
        share = (step - warmup) / (STEPS - warmup)
        return least + 0.5 * (1 + math.cos(math.pi * share)) * (PEAK - least)

    return rate


KINDS: dict[str, tuple[dict[str, Value], Callable[[int], float]]] = {
    "StepLR": ({"step_size": 3, "gamma": 0.5}, lambda step: PEAK * 0.5 ** (step // PER_EPOCH // 3)),
    "MultiStepLR": (
        {"milestones": (2, 6)},
        lambda step: PEAK * 0.1 ** sum(step // PER_EPOCH >= epoch for epoch in (2, 6)),
    ),
    "ExponentialLR": ({"gamma": 0.9}, lambda step: PEAK * 0.9 ** (step // PER_EPOCH)),
    "CosineAnnealingLR": ({"eta_min": 0.1}, warmed(0, 0.1)),
    "LinearWarmupCosineAnnealingLR": ({"warmup_ratio": 0.25, "eta_min": 0.05}, warmed(10, 0.05)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_step_has_the_rate_of_the_formula(kind: str, tmp_path: Path) -> None:
    fields, formula = KINDS[kind]
    schedule = {"type": kind, **fields}
    wanted = [formula(step) for step in range(STEPS)]
    assert rates(schedule) == pytest.approx(wanted)
    for stop in (4, 10, 33):
        assert rates(schedule, stop, tmp_path) == rates(schedule), "a run that goes on has the same rates"


@pytest.mark.parametrize("kind", KINDS)
def test_a_part_has_its_share_of_the_rate_up_to_the_end(kind: str, tmp_path: Path) -> None:
    fields, formula = KINDS[kind]
    schedule = {"type": kind, **fields}
    wanted = [formula(step) / 100 for step in range(STEPS)]
    assert rates(schedule, part=0.01) == pytest.approx(wanted)
    assert rates(schedule, 13, tmp_path, part=0.01) == rates(schedule, part=0.01)


def test_a_plateau_leaves_each_part_its_share_of_the_least_rate() -> None:
    program = live(model({"type": "ReduceLROnPlateau", "patience": 0, "min_lr": 0.2}, rates={"body": 0.01}))
    made = call(program, "optimizer_train")
    plan = call(program, "schedule_train", made, STEPS, PER_EPOCH)
    for _ in range(5):
        plan.step(1.0)
    assert [group["lr"] for group in made.param_groups] == pytest.approx([0.002, 0.2])


@pytest.mark.parametrize(("every", "per_epoch"), [(3, 5), (3, 4), (3, 2), (2, 3), (7, 5)])
@pytest.mark.parametrize(
    ("schedule", "epochs"),
    [
        ({"type": "StepLR", "step_size": 10}, 10),
        ({"type": "MultiStepLR", "milestones": (10, 20)}, 10),
        ({"type": "ExponentialLR", "gamma": 0.5}, 1),
    ],
)
def test_an_update_of_every_few_batches_counts_the_same_epochs(
    schedule: dict[str, Value], epochs: int, every: int, per_epoch: int
) -> None:
    program = live(model(schedule, every=every))
    made = call(program, "optimizer_train")
    plan = call(program, "schedule_train", made, -(-30 * per_epoch // every), per_epoch / every)
    first = 0
    for batch in range(1, 30 * per_epoch + 1):
        if batch % every == 0:
            made.step()
            plan.step()
        if not first and made.param_groups[0]["lr"] < PEAK:
            first = batch
    assert abs(first - epochs * per_epoch) <= every, "as near as there is an update"


@pytest.mark.parametrize(
    ("fields", "warmup"),
    [({"warmup_steps": 4}, 4), ({"warmup_ratio": 0}, 0), ({"warmup_steps": 900}, STEPS - 1)],
)
def test_a_warm_up_is_told_in_steps_or_as_a_share(fields: dict[str, Value], warmup: int) -> None:
    found = rates({"type": "LinearWarmupCosineAnnealingLR", **fields})
    assert found == pytest.approx([warmed(warmup, 0)(step) for step in range(STEPS)])


@pytest.mark.parametrize(
    ("fields", "hand"),
    [
        (
            {"type": "RMSprop", "lr": 0.02, "alpha": 0.9, "momentum": 0.5, "centered": True},
            lambda weights: torch.optim.RMSprop(weights, lr=0.02, alpha=0.9, momentum=0.5, centered=True),
        ),
        (
            {"type": "Adagrad", "lr": 0.02, "lr_decay": 0.1, "weight_decay": 0.01},
            lambda weights: torch.optim.Adagrad(weights, lr=0.02, lr_decay=0.1, weight_decay=0.01),
        ),
    ],
)
def test_optimisers_are_those_of_torch(
    fields: dict[str, Value], hand: Callable[[list[torch.Tensor]], torch.optim.Optimizer]
) -> None:
    program = live(model({}, fields))
    ours = call(program, "optimizer_train")
    theirs = hand([weight.detach().clone().requires_grad_() for weight in program.parameters()])
    for seed in range(4):
        for weights in (ours.param_groups[0]["params"], theirs.param_groups[0]["params"]):
            generator = torch.Generator().manual_seed(seed)
            for weight in weights:
                weight.grad = torch.randn(weight.shape, generator=generator)
        ours.step()
        theirs.step()
    for one, other in zip(program.parameters(), theirs.param_groups[0]["params"], strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize(("monitor", "mode"), [("", "max"), ("loss", "min")])
def test_a_plateau_is_one_of_the_figure_that_decides(monitor: str, mode: str) -> None:
    document = draw(
        "data Dataset dataset=iris\nfc Linear out_features='= classes' < data.features\n"
        "loss CrossEntropyLoss < fc data.label\naccuracy Accuracy < fc data.label",
        updates=(
            Update(
                "train", {"loss": 1}, (), SGD, {"type": "ReduceLROnPlateau", "patience": 1, "factor": 0.5}
            ),
        ),
        monitor=monitor,
    )
    program = live(document)
    made = call(program, "optimizer_train")
    plan = call(program, "schedule_train", made, STEPS, PER_EPOCH)
    assert isinstance(plan, torch.optim.lr_scheduler.ReduceLROnPlateau) and plan.mode == mode
    found = []
    for figure in (0.5, 0.5, 0.5, 0.7, 0.7, 0.7) if mode == "max" else (0.7, 0.7, 0.7, 0.5, 0.5, 0.5):
        plan.step(figure)
        found.append(made.param_groups[0]["lr"])
    assert found == [PEAK, PEAK, PEAK / 2, PEAK / 2, PEAK / 2, PEAK / 4]


def test_the_texts_are_tidy(tmp_path: Path) -> None:
    many: Value = (100, 200, 300, 400, 500, 600)
    schedules: list[dict[str, Value]] = [{"type": kind} for kind in KINDS]
    schedules.append({"type": "MultiStepLR", "milestones": many})
    schedules.append({"type": "LinearWarmupCosineAnnealingLR", "warmup_steps": 12345, "eta_min": 0.0012345})
    schedules.append({"type": "ReduceLROnPlateau", "threshold": 0.01, "cooldown": 3, "min_lr": 1e-6})
    texts = [text_of(model(schedule)) for schedule in schedules]
    schedules = [
        {"eta_min": 0.01, **schedule} if "Cosine" in str(schedule["type"]) else schedule
        for schedule in schedules
    ]
    texts += [text_of(model(schedule, rates={"body": 0.001}, every=3)) for schedule in schedules]
    tidy(texts, tmp_path)
