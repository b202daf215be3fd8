"""Checkpoint files: read back as they were, refused by name when they are not ours or not whole."""

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from workbench.core.errors import JobError
from workbench.engine import checkpoint
from workbench.engine.checkpoint import Progress

CPU = torch.device("cpu")


def packed(progress: Progress) -> bytes:
    model = nn.Linear(2, 3)
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.rand(4, 2)).sum().backward()
    optimizer.step()
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 2)
    return checkpoint.pack(model.state_dict(), progress, {"train": optimizer}, {"train": schedule}, CPU)


def test_everything_comes_back(tmp_path: Path) -> None:
    progress = Progress(epoch=3, step=40, batch=2, evaluated=3, best=0.5, best_epoch=2, best_step=30)
    file = tmp_path / "last.safetensors"
    digest = checkpoint.write(file, packed(progress))
    saved = checkpoint.read(file, digest)
    assert saved.progress == progress
    assert saved.optimizers["train"]["param_groups"][0]["lr"] == 0.001
    assert torch.equal(saved.generators["cpu"], torch.get_rng_state())
    assert {path.name for path in tmp_path.iterdir()} == {"last.safetensors"}


def test_only_files_with_averaged_weights_need_a_workbench_that_knows_them(tmp_path: Path) -> None:
    """One that does not would go on from the mean as if it were what training had reached."""
    plain, averaged = tmp_path / "plain", tmp_path / "averaged"
    own = {"a": torch.ones(2)}
    checkpoint.write(plain, checkpoint.pack({"a": torch.zeros(2)}, Progress(), {}, {}, CPU))
    checkpoint.write(averaged, checkpoint.pack({"a": torch.zeros(2)}, Progress(), {}, {}, CPU, own=own))
    for file, number in ((plain, 1), (averaged, 2)):
        with safe_open(file, framework="pt") as opened:
            assert json.loads(opened.metadata()["workbench"])["format"] == number
    assert checkpoint.read(plain).own == {}
    saved = checkpoint.read(averaged)
    assert torch.equal(saved.own["a"], own["a"]) and torch.equal(saved.weights["a"], torch.zeros(2))


def test_random_numbers_of_a_device_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each kind of device has its own functions for it; none of them is here."""
    there: dict[str, Tensor] = {"cuda:1": torch.tensor([1]), "mps": torch.tensor([2])}
    monkeypatch.setattr(torch.cuda, "get_rng_state", lambda device: there[str(device)])
    monkeypatch.setattr(torch.cuda, "set_rng_state", lambda state, device: there.update({str(device): state}))
    monkeypatch.setattr(torch.mps, "get_rng_state", lambda: there["mps"])
    monkeypatch.setattr(torch.mps, "set_rng_state", lambda state: there.update(mps=state))
    assert checkpoint.random_of(CPU) is None
    for name in ("cuda:1", "mps"):
        state = checkpoint.random_of(torch.device(name))
        assert state is there[name]
        there[name] = torch.tensor([0])
        checkpoint.set_random(torch.device(name), state)
        assert there[name] is state
        checkpoint.set_random(torch.device(name), None)
        assert there[name] is state


def test_a_number_that_is_none_stays_none(tmp_path: Path) -> None:
    file = tmp_path / "a"
    checkpoint.write(file, packed(Progress(best=None)))
    assert checkpoint.read(file).progress.best is None


@pytest.mark.parametrize("kind", ["missing", "empty", "cut", "text", "foreign", "newer", "strange"])
def test_what_is_not_a_whole_checkpoint_is_refused_by_name(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "last.safetensors"
    content = packed(Progress())
    match kind:
        case "empty":
            file.write_bytes(b"")
        case "cut":
            file.write_bytes(content[: len(content) // 2])
        case "text":
            file.write_text("not a checkpoint at all, but long enough to look at")
        case "foreign":
            save_file({"weight": torch.zeros(2)}, file)
        case "newer":
            save_file({"weights/a": torch.zeros(2)}, file, {"workbench": json.dumps({"format": 99})})
        case "strange":
            about = {"format": 1, "progress": {"nothing": 1}, "groups": {}, "schedules": {}}
            save_file({"weights/a": torch.zeros(2)}, file, {"workbench": json.dumps(about)})
    with pytest.raises(JobError) as refused:
        checkpoint.read(file)
    assert str(file) in str(refused.value) and "\n" not in str(refused.value)
    if kind == "newer":
        assert "newer Workbench" in str(refused.value)


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    file = tmp_path / "last.safetensors"
    digest = checkpoint.write(file, packed(Progress()))

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        checkpoint.write(file, packed(Progress(step=9)))
    assert checkpoint.read(file, digest).progress.step == 0
    assert [path.name for path in tmp_path.iterdir()] == ["last.safetensors"]
