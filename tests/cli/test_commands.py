"""The commands: what each prints, as text and as JSON, and with which exit code it ends.

Reading data and training happen in processes of their own; here they are replaced, in tests/e2e they are not.
"""

import io
import json
import os
import pickle
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.core.test_pictures import itxt, png
from tests.drawing import CLASSIFIER, draw
from tests.programs import text_of
from workbench import __version__
from workbench.catalog.templates import load, templates
from workbench.cli import common, entry
from workbench.core.edits import SetParam
from workbench.core.errors import DataError
from workbench.core.files import dumps, loads
from workbench.core.looks import SetMode
from workbench.core.text import number
from workbench.store.records import Point
from workbench.store.store import Store

Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(
        common.console, "_width", 200
    )  # it may have settled for another width in this process
    path = tmp_path / "experiments.db"
    Store(path).close()
    return path


@pytest.fixture
def say(workspace: Path, capsys: pytest.CaptureFixture[str]) -> Say:
    """Runs a command: exit code, stdout, stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = entry.run(list(arguments))
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Data is read in this process."""
    from workbench.engine.readers.__main__ import main

    def ask(request: dict[str, Any], on_progress: object = None) -> dict[str, Any]:
        monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(request) + "\n"))
        code = main()
        said = capsys.readouterr()
        if code:
            raise DataError(said.err.strip())
        answer: dict[str, Any] = json.loads(said.out.splitlines()[-1])
        return answer

    monkeypatch.setattr("workbench.engine.readers.limits.apply", lambda: None)
    monkeypatch.setattr("workbench.jobs.reading.ask", ask)


@pytest.fixture
def store(workspace: Path) -> Iterator[Store]:
    opened = Store(workspace)
    yield opened
    opened.close()


def refused(answer: tuple[int, str, str], *words: str) -> None:
    """Exit code 1 and one line on stderr, with these words in it."""
    code, out, err = answer
    assert (code, out) == (1, "") and err.startswith("error: ") and err.count("\n") == 1, answer
    assert "Traceback" not in err and not err.startswith("error: error")
    for word in words:
        assert word in err


# Looking at models.


def test_templates(say: Say) -> None:
    code, out, err = say("templates")
    assert (code, err) == (0, "") and "61,706" in out
    assert [each.id for each in templates() if each.id not in out] == [], out
    code, out, err = say("templates", "--json")
    found = json.loads(out)
    assert code == 0 and [each["id"] for each in found] == [each.id for each in templates()]
    assert set(found[0]) == {"id", "title", "category", "goal", "parameters"}
    assert found[0]["parameters"] == 61_706


def test_check_as_json_has_the_documented_form(say: Say) -> None:
    code, out, err = say("check", "lenet5", "--json")
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert (found["ok"], found["parameters"], found["problems"]) == (True, 61_706, [])
    assert found["operations"] > 100_000
    conv = next(node for node in found["nodes"] if node["id"] == "conv1")
    assert conv == {
        "id": "conv1",
        "type": "Conv2d",
        "outputs": {"y": {"shape": ["N", 6, 28, 28], "dtype": "float"}},
        "parameters": 156,
    }
    assert json.loads(say("check", "vae", "--json")[1])["parameters"] == 652_824


def test_check_of_a_model_with_problems(say: Say, workspace: Path) -> None:
    document = draw(
        CLASSIFIER.replace("fc1 Linear out_features=16 < flat", "fc1 Linear out_features=16 < digits")
    )
    (workspace.parent / "bad.json").write_text(dumps(document), encoding="utf-8")
    code, out, _ = say("check", "bad.json", "--json")
    found = json.loads(out)
    assert code == 1 and not found["ok"]
    (problem,) = [
        each for each in found["problems"] if each["severity"] == "error"
    ]  # flatten is idle now, too
    assert (problem["node"], problem["port"], problem["severity"]) == ("fc1", "x", "error")
    assert problem["message"].startswith("expects") and problem["fixes"] == ["Insert Flatten"]
    code, out, err = say("check", "bad.json")
    assert code == 1 and "digits" in out and "model: " in out
    assert err.startswith("error: fc1.x: expects") and "Fix: Insert Flatten." in err


def test_a_model_may_come_in_a_picture(say: Say, workspace: Path) -> None:
    (workspace.parent / "drawn.png").write_bytes(png(itxt(dumps(load("lenet5")), packed=True)))
    code, out, _ = say("check", "drawn.png", "--json")
    assert (
        code == 0
        and json.loads(out)["parameters"] == json.loads(say("check", "lenet5", "--json")[1])["parameters"]
    )
    (workspace.parent / "photo.png").write_bytes(png())
    code, _, err = say("check", "photo.png")
    assert code == 1 and "photo.png holds no model" in err
    code, _, err = say("check", "gone.png")
    assert code == 1 and "gone.png cannot be read" in err


def test_check_leaves_out_what_is_bypassed_or_muted(say: Say, workspace: Path) -> None:
    document = SetMode(("accuracy",), "mute").apply(SetMode(("fc1",), "bypass").apply(draw(CLASSIFIER)))
    (workspace.parent / "less.json").write_text(dumps(document), encoding="utf-8")
    code, out, _ = say("check", "less.json", "--json")
    found = json.loads(out)
    assert code == 0 and found["parameters"] == 64 * 10 + 10
    assert [node["id"] for node in found["nodes"]] == ["digits", "flat", "relu", "fc2", "loss"]
    assert "fc1" not in say("check", "less.json")[1]
    code, out, _ = say("code", "less.json")
    assert code == 0 and "fc1" not in out and "accuracy" not in out
    idle = SetMode(("loss",), "mute").apply(document)
    (workspace.parent / "idle.json").write_text(dumps(idle), encoding="utf-8")
    code, _, err = say("check", "idle.json")
    assert code == 1 and "Every loss is bypassed or muted" in err


def test_check_of_a_network_of_repetitions_in_repetitions(say: Say) -> None:
    code, out, _ = say("check", "resnet152")
    assert code == 0 and "resnet152: 60,192,808 parameters" in out


def test_check_as_text(say: Say) -> None:
    code, out, err = say("check", "lenet5")
    assert (code, err) == (0, "") and "N×6×28×28" in out and "lenet5: 61,706 parameters" in out


def test_settings_are_applied(say: Say) -> None:
    code, out, _ = say("check", "mlp", "--set", "width=32", "--set", "fc2.bias=false", "--json")
    found = json.loads(out)
    assert code == 0 and found["parameters"] == 4 * 32 + 32 + 32 * 32 + 32 * 3 + 3
    code, out, _ = say("check", "mlp", "--data", "digits", "--json")
    assert code == 1 and not json.loads(out)["ok"], "images are no table"


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("width", "“width” is not of the form name=value"),
        ("fc9.bias=1", "There is no node “fc9”"),
        ("speed=1", "There is no variable “speed”"),
        ("fc1.out_features=1e999", "not a number that a model may hold"),
        ("training.updates.other.lr=1", "There is no update “other”"),
    ],
)
def test_settings_that_cannot_be(say: Say, setting: str, words: str) -> None:
    refused(say("check", "mlp", "--set", setting), words)


def test_code_prints_the_program(say: Say) -> None:
    code, out, err = say("code", "gan")
    assert (code, err) == (0, "") and out == text_of(load("gan"))
    refused(
        say("code", "mlp", "--set", "fc1.out_features=0"), "fc1.out_features: Out features must be at least 1"
    )


def test_models_that_are_not_there_or_not_models(say: Say, workspace: Path) -> None:
    folder = workspace.parent
    (folder / "corrupt.json").write_text('{"format": 1, "name": ', encoding="utf-8")
    (folder / "newer.json").write_text('{"format": 99}', encoding="utf-8")
    (folder / "other.json").write_text('{"title": "a cake"}', encoding="utf-8")
    (folder / "binary.json").write_bytes(b"\xff\xfe\x00\x80")
    refused(say("check", "resnet"), "“resnet” is neither a template (lenet5, ", "nor a file, nor run:ID")
    refused(say("check", "missing.json"), "missing.json cannot be read: No such file")
    refused(say("check", "corrupt.json"), "corrupt.json: line 1, column", "not valid JSON")
    refused(say("check", "newer.json"), "newer.json: format: the file has format 99", "newer Workbench")
    refused(say("check", "other.json"), "other.json is not a model file")
    refused(say("check", "binary.json"), "binary.json is not a model file: byte 0 is not UTF-8")
    refused(say("check", "run:7"), "There is no run 7")
    refused(say("check", "run:x"), "“run:x” names no run")
    refused(say("check", str(folder)), "cannot be read")


def test_two_links_into_one_input_and_a_cycle_in_a_file(say: Say, workspace: Path) -> None:
    text = dumps(draw(CLASSIFIER))
    double = text.replace('["flat.y", "fc1.x"]', '["flat.y", "fc1.x"], ["digits.image", "fc1.x"]')
    cycle = text.replace('["digits.image", "flat.x"]', '["relu.y", "flat.x"]')
    (workspace.parent / "double.json").write_text(double, encoding="utf-8")
    (workspace.parent / "cycle.json").write_text(cycle, encoding="utf-8")
    refused(say("train", "double.json"), "input fc1.x already has a link from flat.y")
    refused(say("train", "cycle.json"), "the links form a cycle: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["fly"],
        ["check"],
        ["check", "mlp", "--colour", "red"],
        ["train", "mlp", "--seed", "x"],
        ["train", "mlp", "--seed", "-1"],
        ["export", "mlp", "out", "--to", "pickle"],
        ["export", "mlp", "out.onnx", "--checkpoint", "first"],
        ["runs", "show", "first"],
        ["runs", "compare", "1"],
        ["--workspace", "a.db", "runs"],
        ["runs", "--json", "show", "1"],
        ["--no-such-option"],
    ],
)
def test_wrong_use_ends_with_two(say: Say, arguments: list[str]) -> None:
    code, out, err = say(*arguments)
    assert (code, out) == (2, "") and err and "Traceback" not in err


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["train", "--help"], ["runs", "--help"], ["runs", "show", "--help"], ["data", "--help"]],
)
def test_every_command_has_help(say: Say, arguments: list[str]) -> None:
    code, out, err = say(*arguments)
    assert (code, err) == (0, "") and "Usage" in out


def test_version_and_debug(say: Say) -> None:
    assert say("--version")[:2] == (0, f"workbench {__version__}\n")
    with pytest.raises(Exception, match="neither a template"):
        say("check", "resnet", "--debug")


# Data.


@pytest.mark.usefixtures("here")
def test_data_list_and_show(say: Say) -> None:
    code, out, _ = say("data", "list", "--json")
    found = {each["id"]: each for each in json.loads(out)}
    assert code == 0 and {"digits", "iris", "diabetes", "reference-text", "karate"} <= set(found)
    code, out, _ = say("data", "show", "iris", "--json")
    shown = json.loads(out)
    assert found["iris"].items() <= shown.items() and found["iris"]["facts"]["classes"] == 3
    assert "Iris flowers: 150 items" in say("data", "show", "iris")[1]
    assert "karate" in say("data", "list")[1]
    refused(say("data", "show", "roses"), "There is no dataset “roses”", "iris")


@pytest.mark.usefixtures("here")
def test_data_add_as_json_has_the_documented_form(say: Say, workspace: Path) -> None:
    file = workspace.parent / "flowers.csv"
    file.write_text("\n".join(["width,height,kind", *(f"{n % 7},{n % 5},{'ab'[n % 2]}" for n in range(40))]))
    code, out, err = say("data", "add", "flowers.csv", "--json")
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert set(found) == {"id", "reader", "items", "splits", "outputs", "facts", "problems"}
    assert found["items"] == 40 == sum(found["splits"].values()) and found["facts"]["classes"] == 2
    shape = found["outputs"]["features"]
    assert (shape["shape"], shape["dtype"]) == (["N", 2], "float")
    assert "flowers" in say("data", "list")[1]
    text = say("data", "add", "flowers.csv", "--target", "width")[1]
    assert text.startswith("flowers: 40 items (")
    code, out, _ = say("check", "mlp", "--data", "flowers.csv", "--json")
    assert code == 0 and json.loads(out)["ok"]


@pytest.mark.usefixtures("here")
def test_data_that_cannot_be_read_is_refused_by_name(say: Say, workspace: Path) -> None:
    folder = workspace.parent
    (folder / "cut-idx3-ubyte").write_bytes(bytes([0, 0, 8, 3]) + (5).to_bytes(4, "big") + b"\0" * 10)
    rows = [f"{n},{n * 2}" for n in range(30)]
    rows[17] = "lots,34"
    (folder / "numbers.csv").write_text("\n".join(["size,price", *rows]))
    for suffix in ("x", "y", "tx", "ty", "allx", "ally", "graph"):
        (folder / f"ind.odd.{suffix}").write_bytes(pickle.dumps(os.getcwd))
    (folder / "ind.odd.test.index").write_text("1\n2\n")
    refused(say("data", "add", "nowhere"), "nowhere")
    refused(say("data", "add", "cut-idx3-ubyte"), "cut-idx3-ubyte")
    refused(say("data", "add", "ind.odd.x"), "ind.odd.")
    code, out, err = say("data", "add", "numbers.csv", "--target", "price", "--json")
    if code:
        refused((code, out, err), "numbers.csv", "lots")
    else:
        assert "lots" in " ".join(json.loads(out)["problems"])
    refused(say("train", "mlp", "--data", "nowhere"), "nowhere")
    refused(say("data", "add", "numbers.csv", "--reader", "magic"), "magic")


# Runs.


def queued(store: Store, name: str = "first", **params: Any) -> int:
    document = draw(CLASSIFIER, name=name)
    return store.add_run(
        name, name, dumps(document), text_of(document), device="cpu", seed=3, epochs=2, parameters=1210,
        dataset="digits", params=params,
    ).id  # fmt: skip


def finished(store: Store, name: str = "first", loss: float = 0.5, **params: Any) -> int:
    run = queued(store, name, **params)
    store.claim(run, "cpu")
    store.set_state(run, "running")
    points = [Point("train/loss", n, 1, loss / n, 0.0) for n in (1, 2)]
    points += [
        Point("validation/accuracy", 2, 1, 0.75, 0.0),
        Point("validation/loss", 2, 1, float("nan"), 0.0),
    ]
    store.log_points(run, points)
    store.log(run, "info", "Training on cpu.")
    store.set_state(run, "completed")
    return run


def test_runs_are_listed_newest_first(say: Say, store: Store) -> None:
    assert json.loads(say("runs", "--json")[1]) == []
    first, second = finished(store), finished(store, "second")
    code, out, _ = say("runs", "--json")
    found = json.loads(out)
    assert code == 0 and [each["run"] for each in found] == [second, first]
    assert found[1]["metrics"]["train/loss"] == {"last": 0.25, "min": 0.25, "max": 0.5}
    assert found[1]["metrics"]["validation/loss"]["last"] is None, "JSON has no NaN"
    assert "second" in say("runs")[1] and "completed" in say("runs")[1]


def test_one_run(say: Say, store: Store) -> None:
    run = finished(store, lr=0.1)
    found = json.loads(say("runs", "show", str(run), "--json")[1])
    assert (found["state"], found["seed"], found["params"]) == ("completed", 3, {"lr": 0.1})
    assert found["log"] == [{"level": "info", "text": "Training on cpu."}]
    text = say("runs", "show", str(run))[1]
    assert "completed" in text and f"validation/accuracy: {number(0.75)}" in text and "NaN" in text
    refused(say("runs", "show", "99"), "There is no run 99")


def test_runs_are_tagged_and_put_away(say: Say, store: Store) -> None:
    first, second = finished(store), finished(store, "second")
    assert say("runs", "tag", str(first), str(second), "--add", "paper", "--add", "draft")[:2] == (
        0,
        "4 tags added, 0 taken away.\n",
    )
    assert say("runs", "tag", str(second), "--remove", "Draft")[1] == "0 tags added, 1 taken away.\n"
    store.star([second])
    store.set_notes(second, "the *good* one")
    line = next(line for line in say("runs")[1].splitlines() if "second" in line)
    assert line.startswith(f"{second} ★") and line.rstrip().endswith("paper")
    found = json.loads(say("runs", "show", str(second), "--json")[1])
    assert (found["star"], found["tags"], found["notes"]) == (True, ["paper"], "the *good* one")
    text = say("runs", "show", str(second))[1]
    assert "tags: paper" in text and "the *good* one" in text
    store.archive([first])
    assert [each["run"] for each in json.loads(say("runs", "--json")[1])] == [second]
    shown = json.loads(say("runs", "--archived", "--json")[1])
    assert [(each["run"], each["archived"]) for each in shown] == [(second, False), (first, True)]
    code, _, err = say("runs", "tag", str(first))
    assert code == 2 and "name a tag" in err
    for option in ("--add", "--remove"):
        refused(say("runs", "tag", "99", option, "x"), "There is no run 99")
    say("runs", "tag", str(first), "--add", "a  b")
    assert say("runs", "tag", str(first), "--remove", "a  b")[1] == "0 tags added, 1 taken away.\n"
    refused(say("runs", "tag", str(first), "--add", "a,b"), "commas")


def test_runs_are_found_by_a_filter(say: Say, store: Store) -> None:
    first, second = finished(store, lr=0.1), finished(store, "second", lr=0.01)
    store.change_tags(add=[(first, "paper")])

    def found(where: str, *more: str) -> list[int]:
        return [each["run"] for each in json.loads(say("runs", "--where", where, "--json", *more)[1])]

    assert found("accuracy > 70% and tag = paper") == [first]
    assert found("lr < 0.05") == [second]
    assert "second" in say("runs", "--where", "second")[1]
    store.archive([first])
    assert found("accuracy > 0") == [second]
    assert found("accuracy > 0", "--archived") == [second, first]
    refused(say("runs", "--where", "x and acuracy > 3"), "At character 7", "Did you mean “accuracy”")
    refused(say("runs", "--where", "tag ="), "At character 6", "A value is missing")


def test_runs_are_compared_by_what_differs(say: Say, store: Store) -> None:
    one, two = finished(store, lr=0.1, width=8), finished(store, loss=0.8, lr=0.2, width=8, depth=3)
    found = json.loads(say("runs", "compare", str(one), str(two), "--json")[1])
    assert found["runs"] == [one, two]
    assert found["parameters"] == {"lr": [0.1, 0.2], "depth": [None, 3]}
    assert found["metrics"]["train/loss"] == [0.25, 0.4]
    text = say("runs", "compare", str(one), str(two))[1]
    assert "depth" in text and "width" not in text


def test_drawings_are_compared_in_words(say: Say, store: Store) -> None:
    one = finished(store)
    wider = SetParam("fc1", "out_features", 32).apply(draw(CLASSIFIER, name="first"))
    facts: dict[str, Any] = {
        "device": "cpu",
        "seed": 0,
        "epochs": 1,
        "parameters": 1,
        "dataset": "digits",
        "params": {},
    }
    two, broken = (store.add_run("first", "first", text, "", **facts).id for text in (dumps(wider), "{"))
    found = json.loads(say("runs", "compare", str(one), str(two), str(broken), "--json")[1])["drawings"]
    assert found[str(two)] == ["fc1: out_features 16 → 32"]
    assert found[str(broken)][0].startswith(f"cannot be compared: the drawing of run {broken}: line 1")
    text = say("runs", "compare", str(one), str(two), str(one))[1]
    assert f"Drawing of #{two} against #{one}:\n  fc1: out_features 16 → 32\n" in text
    assert f"Drawing of #{one} against #{one}:\n  no difference\n" in text


def test_versions_count_only_where_all_runs_recorded_them(say: Say, store: Store) -> None:
    versions: tuple[dict[str, Any], ...] = ({"environment.torch": "2.11"}, {"environment.torch": "2.12"}, {})
    one, two, old = (finished(store, **found) for found in versions)
    compared = json.loads(say("runs", "compare", str(one), str(two), "--json")[1])["parameters"]
    assert compared == {"environment.torch": ["2.11", "2.12"]}
    assert json.loads(say("runs", "compare", str(one), str(old), "--json")[1])["parameters"] == {}


def test_a_run_leaves_its_model_and_goes_into_the_trash(
    say: Say, store: Store, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.cli.runs.recover", lambda store: [])  # else the one in the queue begins
    run = finished(store)
    assert say("runs", "export", str(run), "model.json")[0] == 0
    assert loads((workspace.parent / "model.json").read_text("utf-8")) == draw(CLASSIFIER, name="first")
    assert say("code", f"run:{run}")[1] == say("code", "model.json")[1] == store.program_text(run)
    refused(say("runs", "export", str(run), "nowhere/model.json"), "nowhere/model.json cannot be written")
    strange = store.add_run("[/red]\n\U0001f3a8", "[/b]", "{}", "", device="cpu", seed=0, epochs=1, parameters=1,
                            dataset="[/i]", params={}).id  # fmt: skip
    code, out, _ = say("runs")
    assert code == 0 and "[/red] \U0001f3a8" in out and "[/i]" in out
    assert say("runs", "compare", str(run), str(strange))[0] == 0
    store.purge_run(strange)
    assert say("runs", "delete", str(run))[:2] == (0, f"Run {run} is in the trash.\n")
    assert store.runs() == [] and [each.id for each in store.runs(deleted=True)] == [run]
    assert json.loads(say("runs", "trash", "--json")[1])[0]["run"] == run
    assert say("runs", "restore", str(run))[1] == "1 run taken back.\n" and store.run(run).id == run
    assert say("runs", "trash")[1] == "The trash is empty.\n"
    refused(say("runs", "purge", str(run), "--yes"), f"Run {run} is not in the trash; nothing was deleted")
    say("runs", "delete", str(run))
    assert say("runs", "purge", "--all", "--yes")[1] == "1 run deleted for good.\n"
    assert store.runs(deleted=True) == []


def test_runs_that_cannot_be_asked(say: Say, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.cli.runs.recover", lambda store: [])
    done, waiting, alive = finished(store), queued(store), queued(store)
    store.claim(alive, "cpu")
    for what in ("stop", "pause"):
        refused(say("runs", what, str(done)), f"Run {done} has already ended: completed")
    refused(say("runs", "resume", str(done)), f"Run {done} is complete")
    refused(say("runs", "resume", str(waiting)), f"Run {waiting} is still waiting")
    refused(say("runs", "delete", str(alive)), f"Run {alive} is starting; stop it first")
    assert say("runs", "stop", str(waiting))[0] == 0 and store.run(waiting).state == "stopped"
    refused(say("runs", "resume", str(waiting)), f"Run {waiting} has no checkpoint to go on from")
    assert say("runs", "pause", str(alive))[:2] == (0, f"Asked run {alive} to pause.\n")
    code, out, _ = say("runs", "resume", str(alive), "--json")
    assert code == 0 and json.loads(out) == {"run": alive, "state": "starting", "request": "resume"}
    assert store.run(alive).request == "resume"


def test_a_model_that_cannot_train_is_refused_in_one_line(say: Say, store: Store) -> None:
    refused(
        say("train", "mlp", "--set", "fc1.out_features=0", "--set", "fc2.out_features=-1"),
        "cannot train yet",
        "fc1.out_features",
        "fc2.out_features",
    )
    assert store.runs() == []


# The workspace and the machine.


def test_a_workspace_that_cannot_be_opened(say: Say, workspace: Path) -> None:
    (workspace.parent / "text.db").write_text("no database at all, but long enough for its header" * 20)
    refused(say("runs", "--workspace", "text.db"), "text.db is not an SQLite database")
    (workspace.parent / "file").write_text("")
    refused(say("train", "mlp", "--workspace", "file/in.db"), "cannot be made")
    refused(say("runs", "--workspace", "typed/wrong.db"), "There is no workspace typed/wrong.db.")
    refused(
        say("runs", "show", "1", "--workspace", "typed/wrong.db"), "There is no workspace typed/wrong.db."
    )
    assert not (workspace.parent / "typed").exists(), "reading makes nothing"
    refused(say("train", "mlp", "--device", "tpu"), "This machine has no device “tpu”")
    refused(say("runs", "restore", "7"), "Run 7 is not in the trash; nothing was taken back.")
    refused(say("runs", "--workspace", str(workspace.parent)), str(workspace.parent))


def test_doctor(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.cli import doctor

    monkeypatch.setattr(doctor, "_engine", lambda: doctor.Finding("Training engine", True, "torch 2"))
    code, out, _ = say("doctor", "--json")
    found = json.loads(out)
    assert code == 0 and found["ok"]
    names = [each["name"] for each in found["findings"]]
    assert {"Workbench", "SQLite", "Device", "Training engine", "Workspace", "torch"} <= set(names)
    assert "ok   SQLite: " in say("doctor")[1]
    monkeypatch.setattr(doctor, "PACKAGES", ("no-such-package",))
    code, out, _ = say("doctor")
    assert code == 1 and "bad  no-such-package: not installed" in out


# Where the program starts.


def test_without_arguments_the_window_opens(monkeypatch: pytest.MonkeyPatch, workspace: Path) -> None:
    opened: list[Path] = []

    def window(path: Path) -> int:
        opened.append(path)
        return 7

    monkeypatch.setattr(entry, "open_window", window)
    monkeypatch.setattr("sys.argv", ["workbench"])
    with pytest.raises(SystemExit) as ended:
        entry.main()
    assert ended.value.code == 7 and opened == [workspace]


def test_the_window_opens_on_the_workspace_that_is_named(
    monkeypatch: pytest.MonkeyPatch, say: Say, workspace: Path
) -> None:
    opened: list[Path] = []

    def window(path: Path) -> int:
        opened.append(path)
        return 0

    monkeypatch.setattr("workbench.cli.commands.open_window", window)
    assert say("--workspace", "other.db")[0] == 0 and opened == [workspace.parent / "other.db"]


@pytest.mark.skipif(os.name == "nt", reason="there is always a display")
def test_without_a_display_the_first_template_trains(monkeypatch: pytest.MonkeyPatch, say: Say) -> None:
    trained: list[Any] = []
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")

    def train(model: str, workspace: Path | None = None) -> int:
        trained.append((model, workspace))
        return 0

    monkeypatch.setattr("workbench.cli.training.train", train)
    code, out, _ = say()
    assert code == 0 and "There is no display here" in out and trained == [(templates()[0].id, None)]
    say("--workspace", "other.db")
    assert trained[1] == (templates()[0].id, Path("other.db"))


def test_what_the_reader_does_not_want_is_no_error(monkeypatch: pytest.MonkeyPatch, say: Say) -> None:
    def closed(*arguments: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("workbench.cli.commands.say_json", closed)
    before = sys.stdout
    assert entry.run(["templates", "--json"]) == 0
    sys.stdout.close()
    sys.stdout = before


def test_json_survives_a_terminal_without_unicode(monkeypatch: pytest.MonkeyPatch, workspace: Path) -> None:
    import io

    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="ascii", write_through=True))
    assert entry.run(["templates", "--json"]) == 0
    assert any("≥" in each["goal"] for each in json.loads(raw.getvalue()))
