"""The average of the weights is what is judged and kept; training itself goes as without."""

from collections import OrderedDict
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.engine.conftest import Trained, iris
from workbench.catalog.goals import Goal
from workbench.core.document import Update
from workbench.engine import loop
from workbench.engine.averaging import Average
from workbench.engine.data import load
from workbench.engine.feeds import Feeds
from workbench.engine.loop import Loop
from workbench.engine.probes import Probes
from workbench.engine.program import method
from workbench.engine.trained import of_run
from workbench.jobs.starts import Which
from workbench.store.records import RunRecord


def network() -> nn.Module:
    """With statistics, a counter, and a weight under two names."""
    body, head = nn.Linear(4, 4), nn.Linear(4, 4, bias=False)
    head.weight = body.weight
    return nn.Sequential(OrderedDict(body=body, norm=nn.BatchNorm1d(4), head=head))


def test_it_is_the_moving_mean_of_what_was_passed() -> None:
    torch.manual_seed(0)
    program = network()
    average = Average(program, 0.7)
    expected = {name: weight.double().numpy().copy() for name, weight in program.state_dict().items()}
    for step in range(1, 40):
        with torch.no_grad():
            for weight in program.parameters():
                weight.add_(torch.randn_like(weight))
        program(torch.randn(8, 4))
        average.step(step)
        memory = min(0.7, (1 + step) / (10 + step))
        for name, weight in program.state_dict().items():
            mean = memory * expected[name] + (1 - memory) * weight.double().numpy()
            expected[name] = weight.numpy() if name == "norm.num_batches_tracked" else mean
    assert average.weights.keys() == expected.keys()
    for name, mean in average.weights.items():
        np.testing.assert_allclose(mean, expected[name], rtol=1e-5, atol=1e-5, err_msg=name)
    assert int(average.weights["norm.num_batches_tracked"]) == 39
    own = {name: weight.clone() for name, weight in program.state_dict().items()}
    mean = {name: weight.clone() for name, weight in average.weights.items()}
    with average.in_place():
        for name, weight in program.state_dict().items():
            assert torch.equal(weight, mean[name]), name
    for name, weight in program.state_dict().items():
        assert torch.equal(weight, own[name]), name
        assert torch.equal(average.weights[name], mean[name]), name


def test_a_run_keeps_tests_and_shows_the_mean(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "LOOK_EVERY", 0.0)
    looked = []
    look = Probes.look

    def looking(self: Probes, *arguments: Any) -> None:
        looked.append({name: weight.clone() for name, weight in self.program.state_dict().items()})
        look(self, *arguments)

    plain = trained.run(iris())
    monkeypatch.setattr(Probes, "look", looking)
    run = trained.run(iris(ema_decay=0.9))
    assert (plain.state, run.state) == ("completed", "completed"), run.cause

    def points(of: int, metric: str) -> list[float]:
        return [point.value for point in trained.store.points_of(of, metric)]

    assert points(run.id, "train/loss") == points(plain.id, "train/loss"), "training goes as without"
    for metric in ("validation/loss", "test/loss", "train/accuracy"):
        found, other = points(run.id, metric), points(plain.id, metric)
        assert len(found) == len(other) and found != other, metric

    kept, without = trained.last(run), trained.last(plain)
    assert kept.own.keys() == kept.weights.keys()
    for name, weight in without.weights.items():
        assert torch.equal(kept.own[name], weight), name
        assert not torch.equal(kept.weights[name], weight), name

    # What was recorded after the last epoch is what the kept weights give.
    assert figures(trained, run, "last", "validation")["loss"] == points(run.id, "validation/loss")[-1]
    assert figures(trained, run, "best", "test")["loss"] == points(run.id, "test/loss")[-1]
    assert any(line.startswith("Tested the best averaged weights: loss") for line in trained.log(run))
    assert len(looked) == 4, "after each epoch, and at the test"
    best = trained.last(run, "best")
    for seen, wanted in ((looked[2], kept), (looked[3], best)):
        assert all(torch.equal(seen[name], weight) for name, weight in wanted.weights.items())


def test_every_step_of_a_run_counts(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also those in which not all updates are due; the mean is computed here from the weights after each step."""
    steps: list[dict[str, np.ndarray]] = []
    stepped = Loop._step

    def step(self: Loop, batch: Any) -> Any:
        if not steps:
            steps.append({n: w.double().numpy().copy() for n, w in self.program.state_dict().items()})
        losses = stepped(self, batch)
        steps.append({n: w.double().numpy().copy() for n, w in self.program.state_dict().items()})
        return losses

    monkeypatch.setattr(Loop, "_step", step)
    sgd: dict[str, Any] = {"type": "SGD", "lr": 0.1}
    updates = (
        Update("head", {"loss": 1}, ("fc2",), sgd),
        Update("body", {"loss": 1}, ("fc1",), sgd, every=3),
    )
    run = trained.run(iris(*updates, ema_decay=0.5))
    assert run.state == "completed" and len(steps) == run.steps + 1, run.cause
    mean = steps[0]
    for done, weights in enumerate(steps[1:], start=1):
        memory = min(0.5, (1 + done) / (10 + done))
        mean = {name: memory * mean[name] + (1 - memory) * weight for name, weight in weights.items()}
    for name, weight in trained.last(run).weights.items():
        np.testing.assert_allclose(weight, mean[name], rtol=1e-4, atol=1e-6, err_msg=name)


def test_without_a_best_epoch_the_mean_of_the_end_is_tested(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Goal, "better", lambda *_: False)
    run = trained.run(iris(ema_decay=0.9))
    assert [each.kind for each in trained.store.checkpoints(run.id)] == ["last"]
    (tested,) = trained.store.points_of(run.id, "test/loss")
    assert figures(trained, run, "last", "test")["loss"] == tested.value


def figures(trained: Trained, run: RunRecord, which: Which, split: str) -> dict[str, float]:
    """Losses and metrics of a checkpoint over a split, added up here."""
    model = of_run(trained.store, run.id, trained.store.run_folder(run.id), which)
    loaded = {"iris": load(trained.store, "iris")}
    feeds = Feeds.of(model.analysis, loaded, model.analysis.settings.batch_size, torch.device("cpu"))
    totals: dict[str, Tensor] = {}
    for batch in feeds.split(split):
        for name, state in method(model.program, "evaluate")(batch).items():
            totals[name] = totals.get(name, torch.zeros(())) + state
    summarise = method(model.program, "summarise")
    return {name: float(value) for name, value in summarise(totals).items()}
