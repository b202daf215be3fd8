"""`workbench data` and `--data`: datasets are shown and removed, files take the place of a template's dataset."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_commands import Say, here, refused, say, workspace  # fixtures
from workbench.catalog.samples import SAMPLES
from workbench.catalog.templates import templates
from workbench.cli import reading
from workbench.jobs.datasets import add_dataset, copy_folder
from workbench.store.store import Store

__all__ = ["here", "say", "workspace"]


@pytest.fixture
def flowers(workspace: Path) -> Path:
    file = workspace.parent / "flowers.csv"
    file.write_text("\n".join(["width,height,kind", *(f"{n % 7},{n % 5},{'ab'[n % 2]}" for n in range(40))]))
    return file


@pytest.mark.usefixtures("here", "flowers")
def test_show_tells_splits_figures_and_the_first_items(say: Say) -> None:
    say("data", "add", "flowers.csv", "--target", "kind")
    code, out, _ = say("data", "show", "flowers", "--json", "--first", "3")
    found = json.loads(out)
    assert code == 0 and found["reader"] == "table" and found["options"] == {"target": "kind"}
    assert sum(found["splits"].values()) == 40 and len(found["first"]) == 3
    assert {figure["title"] for figure in found["figures"]} >= {"Examples", "Classes"}
    text = say("data", "show", "flowers", "--first", "2")[1]
    assert "classes: a, b" in text and "split: 24 train" in text and "flowers.csv, read as table" in text
    assert text.splitlines()[-1].startswith("  2. ") and " → " in text.splitlines()[-1]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("sample", ["opinions", "rings", "iris", "tides"])
def test_samples_are_shown_with_their_items(say: Say, sample: str) -> None:
    code, out, _ = say("data", "show", sample)
    words = {"opinions": "tokens “", "rings": "a graph of ", "iris": "features ", "tides": "x "}
    fifth = {"tides": 4 * 48 + 1}.get(sample, 5)  # windows are shown side by side
    assert code == 0 and f"{fifth}. {words[sample]}" in out


@pytest.mark.usefixtures("here", "flowers")
def test_a_dataset_is_removed_with_its_copy_and_its_files_stay(say: Say, workspace: Path) -> None:
    say("data", "add", "flowers.csv")
    store = Store(workspace)
    copy = copy_folder(store, store.datasets()[0])
    store.close()
    assert copy.is_dir()
    code, out, _ = say("data", "remove", "flowers")
    assert code == 0 and "flowers.csv is untouched" in out
    assert not copy.exists() and (workspace.parent / "flowers.csv").is_file()
    refused(say("data", "remove", "flowers"), "no dataset “flowers”")
    refused(say("data", "remove", "iris"), "ships with Workbench")


@pytest.mark.usefixtures("here", "flowers")
def test_known_files_are_not_read_again(say: Say, flowers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[dict[str, object]] = []

    def counted(*arguments: Any, **named: Any) -> object:
        read.append(dict(arguments[3]))
        return add_dataset(*arguments, **named)

    monkeypatch.setattr(reading, "add_dataset", counted)
    for _ in range(2):
        assert say("check", "mlp", "--data", "flowers.csv", "--target", "kind")[0] == 0
    assert read == [{"target": "kind"}]
    assert say("check", "mlp", "--data", "flowers.csv", "--target", "width")[0] == 0
    flowers.write_text(flowers.read_text() + "\n1,2,a")
    assert say("check", "mlp", "--data", "flowers.csv", "--target", "width")[0] == 0
    assert read[1:] == [{"target": "width"}] * 2
    assert say("check", "mlp", "--data", "flowers")[0] == 0 and len(read) == 3


@pytest.mark.usefixtures("here", "flowers")
def test_options_reach_the_reader(say: Say) -> None:
    code, out, _ = say("code", "mlp", "--data", "flowers.csv", "--option", "drop=height")
    assert code == 0 and "in_features=1," in out
    refused(
        say("check", "mlp", "--data", "flowers.csv", "--option", "dorp=height"), 'no option "dorp"', "drop"
    )
    refused(say("check", "mlp", "--data", "flowers.csv", "--option", "drop"), "NAME=VALUE")
    refused(say("train", "mlp", "--target", "kind"), "--target says how to read files", "--data PATH")
    refused(say("check", "mlp", "--data", "iris", "--target", "kind"), "is a dataset of this workspace")


@pytest.mark.usefixtures("here", "flowers")
def test_a_model_that_takes_something_else_is_refused_with_those_that_suit(say: Say) -> None:
    answer = say("train", "lenet5", "--data", "flowers.csv")
    refused(answer, "“lenet5” takes image from its dataset", "offers features, label", "suit it: mlp.")
    refused(say("code", "lenet5", "--data", "opinions"), "These templates suit it: gru, text-cnn")


def test_every_sample_has_a_template_and_every_template_its_sample() -> None:
    suited = {id: [each.id for each in templates() if reading.suits(each.id, SAMPLES[id])] for id in SAMPLES}
    assert all(suited.values()), suited


def test_the_first_graphs_of_a_folder_train_a_template(say: Say, workspace: Path) -> None:
    """With real processes: read, kept, bound, trained."""
    folder = workspace.parent / "toy"
    folder.mkdir()
    graphs = [(n, "path" if n % 2 else "star") for n in range(30)]
    edges: list[tuple[int, int]] = []
    owners: list[int] = []
    for number, kind in graphs:
        first = len(owners) + 1
        owners += [number + 1] * 5
        pairs = (
            [(first + i, first + i + 1) for i in range(4)]
            if kind == "path"
            else [(first, first + i) for i in range(1, 5)]
        )
        edges += [pair for a, b in pairs for pair in ((a, b), (b, a))]
    (folder / "TOY_A.txt").write_text("".join(f"{a}, {b}\n" for a, b in edges))
    (folder / "TOY_graph_indicator.txt").write_text("".join(f"{owner}\n" for owner in owners))
    (folder / "TOY_graph_labels.txt").write_text("".join(f"{number % 2}\n" for number, _ in graphs))
    code, out, err = say(
        "train", "graph-classifier", "--data", "toy", "--set", "training.epochs=12", "--json", "--device", "cpu"
    )  # fmt: skip
    assert code == 0, err
    found = json.loads(out)
    assert found["state"] == "completed" and found["metrics"]["validation/accuracy"]["best"] == 1
