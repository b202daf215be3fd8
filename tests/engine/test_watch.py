"""Live values of a step are what one computes by hand, and watching changes nothing."""

import math
import time

import pytest
import torch
from torch import Tensor, nn

from tests.engine.conftest import Trained, iris, same
from tests.programs import analysed, batch_of, call, live
from workbench.catalog.templates import load
from workbench.core.document import Document
from workbench.engine import recorder
from workbench.engine.recorder import Recorder
from workbench.engine.watch import Live, Watch
from workbench.store.records import LIVE, WATCHED

CPU = torch.device("cpu")


def watched(document: Document, update: str) -> tuple[nn.Module, dict[str, Tensor], Live]:
    """One watched step of an update: the program, its batch and what was told."""
    analysis = analysed(document)
    program, batch = live(document), batch_of(analysis)
    told: list[Live] = []
    watch = Watch(program, analysis.nodes, CPU)
    with watch.step(told.append):
        losses = call(program, f"update_{update}", batch)
        next(iter(losses.values())).backward()
    return program, batch, told[0]


def test_a_network_without_blocks() -> None:
    document = load("lenet5")
    program, batch, values = watched(document, "train")
    image = nn.functional.interpolate(batch["digits.image"], size=(28, 28), mode="bilinear")
    padded = nn.functional.pad(image, (2, 2, 2, 2))
    conv = program.get_submodule("conv1")
    out = conv(padded).detach()
    known = values["conv1"]
    assert known["mean"] == pytest.approx(out.mean().item(), abs=1e-6)
    assert known["std"] == pytest.approx(out.std(correction=0).item(), abs=1e-6)
    assert known["mb"] == pytest.approx(out.numel() * 4 / 1e6)
    squares = [weight.grad.square().sum().item() for weight in conv.parameters() if weight.grad is not None]
    assert known["gradient"] == pytest.approx(math.sqrt(sum(squares)), rel=1e-4)
    assert known["ms"] > 0
    assert "pad" in values  # an expression, which is no module
    assert set(values["loss"]) == {"mean", "ms", "mb"}
    assert "gradient" not in values["tanh1"]


def test_dead_units() -> None:
    program, batch, _ = watched(iris(), "train")
    fc = program.get_submodule("fc1")
    with torch.no_grad():
        for name, bias in fc.named_parameters():
            if name == "bias":
                bias[:2] = -1e6
    told: list[Live] = []
    nodes = {"relu": analysed(iris()).nodes["relu"]}
    with Watch(program, nodes, CPU).step(told.append):
        call(program, "update_train", batch)
    alive = torch.relu(fc(batch["data.features"]))
    assert told[0]["relu"]["dead"] == pytest.approx((alive == 0).all(dim=0).float().mean().item())
    assert told[0]["relu"]["dead"] >= 0.25
    assert set(told[0]) == {"relu"}


def test_nodes_inside_repeated_blocks_and_of_an_update() -> None:
    _, _, values = watched(load("char-gpt"), "train")
    assert {"layers", "layers/attention", "layers/add1", "layers/gelu"} <= set(values)
    assert values["layers/expand"]["gradient"] > 0
    _, _, values = watched(load("gan"), "discriminator")
    assert {"generator", "judge", "judge_fake", "judge/fc1"} <= set(values)


def test_a_node_with_several_outputs() -> None:
    _program, _batch, values = watched(load("lstm"), "train")
    (lstm,) = [id for id in values if id.startswith("lstm")]
    assert {"mean", "std", "gradient", "ms", "mb"} <= set(values[lstm])


def test_a_watched_run_ends_with_the_same_weights(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    document = iris()
    plain = trained.run(document)
    trained.store.set_setting(WATCHED, time.time() + 3600)
    monkeypatch.setattr(recorder, "INTERVAL", 0.01)
    progress = Recorder.progress

    def stepping(self: Recorder, epoch: int, step: int, steps: int) -> None:
        """Waits until it is known that somebody looks."""
        progress(self, epoch, step, steps)
        end = time.monotonic() + 20
        while step == 2 and not self.look_due:
            assert time.monotonic() < end
            time.sleep(0.01)

    monkeypatch.setattr(Recorder, "progress", stepping)
    seen = trained.run(document)
    assert same(trained.last(plain), trained.last(seen))
    assert trained.store.setting(f"{LIVE}{plain.id}") is None
    assert trained.store.setting(f"{LIVE}{seen.id}")["nodes"]["fc1"]["gradient"] > 0
