"""Runs that start from the weights of another, or of a file: what is taken over, what is told, what is refused."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from tests.engine.conftest import Trained, iris
from tests.programs import analysed, live
from workbench.catalog.starts import run_of
from workbench.core.assign import assign
from workbench.core.document import Document, Update
from workbench.core.edits import RenameNode
from workbench.core.errors import FieldError, JobError
from workbench.core.expressions import Value
from workbench.engine import weights
from workbench.engine.exporting import export_model
from workbench.jobs.exports import Request
from workbench.jobs.starts import start_of
from workbench.store.records import RunRecord

ADAM: dict[str, Value] = {"type": "Adam", "lr": 0.01}


def from_(place: object, document: Document | None = None) -> Document:
    return assign(document or iris(epochs=1), "training.weights", str(place))


def best(trained: Trained, run: RunRecord) -> dict[str, Tensor]:
    return trained.last(run, "best").weights


def started(trained: Trained, run: RunRecord) -> str:
    (line,) = [line for line in trained.log(run) if line.startswith("Started from")]
    return line


def listed(trained: Trained, run: RunRecord) -> str:
    (media,) = [each for each in trained.store.media(run.id) if each.probe == "start_from"]
    return media.data.decode()


def test_the_best_weights_of_a_run_are_where_the_next_begins(trained: Trained) -> None:
    first = trained.run(iris())
    still = assign(from_(f"run:{first.id}"), "training.steps", 1)
    rates = Update("train", {"loss": 1}, (), {**ADAM}, rates={"fc1": 0})
    run = trained.run(replace(still, training=replace(still.training, updates=(rates,))))
    assert run.state == "completed", run.cause
    wanted, after = best(trained, first), trained.last(run).weights
    for name in ("fc1.weight", "fc1.bias"):
        assert torch.equal(wanted[name], after[name]), "taken over, and then frozen"
    assert not torch.equal(wanted["fc2.weight"], after["fc2.weight"])
    assert (wanted["fc2.weight"] - after["fc2.weight"]).abs().max() < 0.011, "one step from there"
    assert started(trained, run).startswith("Started from run 1 (iris, best weights, epoch ")
    assert started(trained, run).endswith("): 4 of 4 tensors taken over.")
    assert "Taken over\n  fc1.weight  8×4\n" in listed(trained, run)
    assert trained.store.params(run.id)["training.weights"] == f"run:{first.id}"


def test_a_head_of_another_size_is_made_anew(trained: Trained) -> None:
    first = trained.run(iris())
    run = trained.run(from_(f"run:{first.id}", assign(iris(epochs=1), "fc1.out_features", 9)))
    assert started(trained, run).endswith(
        "1 of 4 tensors taken over, 3 left as they were made, having another shape."
    )
    assert listed(trained, run).startswith(
        "Left as made: another shape in the file\n  fc1.weight  9×4 here, 8×4 there\n"
    )
    document = RenameNode("fc2", "head").apply(RenameNode("fc1", "body").apply(iris(epochs=1)))
    run = trained.run(from_(f"run:{first.id}", document))
    assert run.state == "failed" and "no weight of run 1 (iris, best weights, epoch" in run.cause
    assert "fits this model by name and shape" in run.cause


def test_a_frozen_part_that_stays_as_chance_made_it_is_told(trained: Trained) -> None:
    first = trained.run(iris(epochs=1))
    wider = assign(
        iris(Update("train", {"loss": 1}, (), {**ADAM}, rates={"fc1": 0}), epochs=1), "fc1.out_features", 9
    )
    run = trained.run(from_(f"run:{first.id}", wider))
    assert any(
        "“fc1” is frozen, but not all of its weights were taken over" in line for line in trained.log(run)
    )


def test_a_resumed_run_has_weights_of_its_own(trained: Trained) -> None:
    first = trained.run(iris(epochs=1))
    document = from_(f"run:{first.id}", iris(epochs=2))
    run = trained.run(document)
    trained.store.delete_run(first.id)
    again = trained.run(document, resumed_from=run.id)
    assert again.state == "completed", again.cause
    assert not any(line.startswith("Started from") for line in trained.log(again))


def test_weights_are_written_for_others_and_read_again(trained: Trained, tmp_path: Path) -> None:
    first = trained.run(iris(epochs=1))
    file = tmp_path / "Gewichte für ü ✓.safetensors"
    export_model(trained.store, Request("safetensors", str(file), run=first.id), lambda _: None)
    wanted = best(trained, first)
    found = load_file(file)
    assert found.keys() == wanted.keys() and all(torch.equal(found[name], wanted[name]) for name in found)
    for place in (file, file.name):  # a relative path begins beside the workspace
        assert "4 of 4 tensors taken over" in started(trained, trained.run(from_(place)))


def test_half_precision_becomes_that_of_the_program_and_names_may_lie_elsewhere(
    trained: Trained, tmp_path: Path
) -> None:
    first = trained.run(iris(epochs=1))
    halves = {f"model.{name}": value.half() for name, value in best(trained, first).items()}
    save_file(halves, tmp_path / "half.safetensors")
    run = trained.run(from_(tmp_path / "half.safetensors"))
    assert "4 of 4 tensors taken over" in started(trained, run)
    assert "fc1.weight ← model.fc1.weight  8×4" in listed(trained, run)


def test_a_file_is_not_judged_by_its_first_byte(trained: Trained, tmp_path: Path) -> None:
    """A safetensors file begins with the length of its header, which may look like the beginning of a pickle."""
    program, file = live(iris()), tmp_path / "weights.safetensors"
    wanted = {name: torch.randn_like(value) for name, value in program.state_dict().items()}
    for size in range(256):
        save_file(wanted, file, {"note": "x" * size})
        if file.read_bytes()[0] == 0x80:
            break
    else:
        pytest.fail("no header of this length was made")
    weights.put(start_of(trained.store, str(file)), program, analysed(iris()))
    assert all(torch.equal(value, wanted[name]) for name, value in program.state_dict().items())


def test_files_that_cannot_be_read_are_the_cause(trained: Trained, tmp_path: Path) -> None:
    program = live(iris())
    good = {name: value.clone() for name, value in program.state_dict().items()}
    before = {name: value.clone() for name, value in good.items()}
    good["fc2.bias"][0] = float("nan")
    save_file(good, tmp_path / "nan.safetensors")
    save_file({"other.thing.weight": torch.zeros(2, 2)}, tmp_path / "other.safetensors")
    save_file({}, tmp_path / "none.safetensors")
    whole = (tmp_path / "nan.safetensors").read_bytes()
    (tmp_path / "half.safetensors").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.safetensors").write_text("these are no weights at all")
    torch.save({"fc1.weight": torch.zeros(8, 4)}, tmp_path / "pickle.safetensors")
    torch.save(
        {"fc1.weight": torch.zeros(8, 4)}, tmp_path / "old.safetensors", _use_new_zipfile_serialization=False
    )
    for name, words in (
        ("nan", "“fc2.bias” of .*nan.safetensors holds numbers that are NaN or infinite"),
        (
            "other",
            "no weight of .*other.safetensors fits this model by name and shape. It holds other.thing.weight",
        ),
        ("none", "It holds none at all"),
        ("half", "half.safetensors is damaged or no safetensors file"),
        ("text", "text.safetensors is damaged or no safetensors file"),
        ("pickle", "can run code when it is opened, so it is not opened here"),
        ("old", "can run code when it is opened, so it is not opened here"),
    ):
        with pytest.raises(JobError, match=words):
            weights.put(
                start_of(trained.store, str(tmp_path / f"{name}.safetensors")), program, analysed(iris())
            )
    assert all(torch.equal(value, before[name]) for name, value in program.state_dict().items())


def test_a_checkpoint_that_was_changed_or_taken_away_is_the_cause(trained: Trained) -> None:
    first = trained.run(iris(epochs=1))
    waiting = [trained.queue(from_(f"run:{first.id}")) for _ in range(3)]
    (kept,) = [each for each in trained.store.checkpoints(first.id) if each.kind == "best"]
    file = trained.store.file(kept.path)
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    assert "is damaged: its content is not what was written" in trained.go(waiting[0]).cause
    file.unlink()
    assert "the best weights of run 1 are gone" in trained.go(waiting[1]).cause
    trained.store.delete_run(first.id)
    assert "run 1 is in the trash" in trained.go(waiting[2]).cause


def test_what_is_not_there_is_refused_before_it_is_queued(trained: Trained, tmp_path: Path) -> None:
    (tmp_path / "empty.safetensors").touch()
    waiting = trained.queue(iris())
    for place, words in (
        ("run:99", "there is no run 99 in this workspace"),
        (f"run:{waiting.id}", "has kept no weights"),
        ("run:x", "“run:x” names no run; write run: and its number"),
        (tmp_path / "nowhere.safetensors", "there is no file .*nowhere.safetensors"),
        (tmp_path, "is not a file"),
        (tmp_path / "empty.safetensors", r"is empty \(0 bytes\)"),
        (tmp_path / "model.pt", "convert it once with Python"),
        ("a\0b.safetensors", "cannot be read|weights"),
        ("~nobody-of-this-name/a.safetensors", "cannot be read"),
    ):
        with pytest.raises(Exception, match=words):
            trained.queue(from_(place))


class Tied(torch.nn.Module):
    """Two names for the same weights, and some that do not lie in one piece."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.fc = torch.nn.Embedding(5, 3), torch.nn.Linear(3, 5)
        self.fc.weight = self.words.weight
        self.turned = torch.nn.Parameter(torch.randn(4, 2).t())


@pytest.mark.parametrize("kept", ["state", "checkpoint"])
def test_the_command_that_converts_a_file_works_also_for_tied_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: str
) -> None:
    monkeypatch.chdir(tmp_path)
    state = Tied().state_dict()
    torch.save(state if kept == "state" else {"epoch": 3, "state_dict": state}, "it's mine.pt")
    with pytest.raises(FieldError) as caught:
        run_of(str(tmp_path / "it's mine.pt"))
    exec(str(caught.value).partition("in its folder: ")[2], {})  # noqa: S102 - what the message tells people to run
    found = load_file("it's mine.safetensors")
    assert found.keys() == state.keys()
    for name, values in found.items():
        torch.testing.assert_close(values, state[name])
