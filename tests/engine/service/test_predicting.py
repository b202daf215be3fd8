"""Own inputs are made ready exactly as those of training: the same numbers, bit for bit, and the same answers."""

import base64
import csv
import io
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from tests.engine.service.conftest import Workplace, calls, houses, notes, scans
from tests.microphone import frames, stand_in
from workbench.engine.service import preparation
from workbench.engine.service.asked import Stopped
from workbench.engine.service.context import one_node
from workbench.engine.service.rows import answered
from workbench.jobs import processes

pytestmark = pytest.mark.usefixtures("reads_here")


def same_as_training(
    place: Workplace, run: int, split: str, inputs: Sequence[str], names: Sequence[str]
) -> None:
    """The tensors and the scores of files, against those of the same items of a split."""
    context = place.context
    answer, data = context.answer(run), context.data(run)
    wanted = data.batch(split, range(data.count(split)))
    node = one_node(answer)
    entries, _ = context.listed(run, node, {"files": list(inputs)})
    ready, given = context.ready(run, node, entries)
    assert given is not None and not ready.errors, ready.errors
    found = given.batch("given", range(given.count("given")))
    for name in names:
        one, other = wanted[f"{node}.{name}"], found[f"{node}.{name}"]
        assert one.dtype == other.dtype and one.shape == other.shape
        assert torch.equal(one, other), f"{name} is off by {(one - other).abs().max()}"
    program = context.model(run).program
    places = list(range(data.count(split)))
    before, _ = answered(answer, program, wanted, data, split, places)
    after, _ = answered(answer, program, found, given, "given", places)
    assert torch.equal(before, after)


def shown(told: dict[str, Any]) -> list[list[str]]:
    """The columns and cells of a row as it is shown beside its answer."""
    (part,) = told["item"]["parts"]
    return [part["columns"], part["cells"]]


def files_of(place: Workplace, run: int, split: str, folder: str) -> list[str]:
    """The files of a split's items: those of a folder in the order of their names."""
    every = sorted(str(file) for file in (place.folder / folder).rglob("*") if file.is_file())
    positions = place.context.data(run).first.content.splits[split]
    return [every[int(position)] for position in positions]


@pytest.mark.parametrize(
    ("make", "folder", "names"),
    [
        (scans, "scans", ["image"]),
        (notes, "notes", ["tokens", "length"]),
        (calls, "calls", ["mel"]),
    ],
)
def test_files_of_training_are_predicted_as_its_items(
    place: Workplace, make: Callable[[Workplace], int], folder: str, names: list[str]
) -> None:
    run = make(place)
    for split in ("train", "validation"):
        same_as_training(place, run, split, files_of(place, run, split, folder), names)
    file = files_of(place, run, "validation", folder)[0]
    told = place.ask("predict", run, inputs={"files": [file]}, top=2)["items"]
    (sample,) = place.ask("samples", run, split="validation", offset=0, count=1)["items"]
    assert len(told) == 1 and told[0]["name"] == file
    classes = place.context.answer(run).classes
    assert told[0]["top"][0][0] == classes[sample["predicted"]]
    assert told[0]["top"][0][1] == pytest.approx(sample["probability"], abs=1e-6)
    assert sum(share for _, share in told[0]["top"]) == pytest.approx(1)
    assert told[0]["item"]["label"] == "", "nobody knows its class"
    (again,) = place.ask("predict", run, inputs={"split": "validation", "index": 0}, top=2)["items"]
    assert [name for name, _ in again["top"]] == [name for name, _ in told[0]["top"]]
    assert (
        again["top"][0][1] == pytest.approx(told[0]["top"][0][1], abs=1e-6)
        and again["item"]["label"] in classes
    )


def test_a_recorded_sound_is_predicted_as_the_file_that_sounds_so(
    place: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = calls(place)
    rate, tone = frames(Path(files_of(place, run, "test", "calls")[0]))
    heard, made = tmp_path / "heard.wav", tmp_path / "made.wav"
    stand_in(monkeypatch, tmp_path, heard=tone.ljust(2 * (3 * rate // 10), b"\0"), rate=rate)
    command = processes.python("workbench.engine.microphone", str(made), "0.3")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert made.name in process.stdout.read().decode()
    loaded, recorded = place.ask("predict", run, inputs={"files": [str(heard), str(made)]})["items"]
    assert recorded["top"] == loaded["top"] and len(recorded["top"]) == 2
    assert recorded["said"] == "It lasts 0.30 s, and the model hears the first 0.18 s of it."


def test_rows_of_a_table_are_measured_by_those_of_training(place: Workplace) -> None:
    run = houses(place)
    content = place.context.data(run).first.content
    text = (place.folder / "houses.csv").read_text("utf-8")
    table = list(csv.reader(text.splitlines()))
    for split, written, separator in (
        ("train", "utf-8", ","),
        ("validation", "utf-16", ";"),
    ):  # not as the source
        rows = [table[0][:4], *(table[1 + int(at)][:4] for at in content.splits[split])]
        new = place.folder / f"new-{split}.csv"
        with new.open("w", newline="", encoding=written) as file:
            csv.writer(file, delimiter=separator).writerows(rows)
        same_as_training(place, run, split, [str(new)], ["features"])
    assert place.ask("about", run)["columns"] == ["size", "town", "built", "rooms"]
    position = int(content.splits["validation"][0])
    row = dict(zip(table[0][:4], table[1 + position][:4], strict=True))
    (told,) = place.ask("predict", run, inputs={"row": row})["items"]
    (sample,) = place.ask("samples", run, split="validation", offset=0, count=1)["items"]
    assert told["number"] == pytest.approx(sample["predicted"], rel=1e-6)
    assert [list(row), list(row.values())] == shown(told), (
        "in the units of the data, not in those of training"
    )
    files = [str(place.folder / f"new-{split}.csv") for split in ("train", "validation")]
    last = place.ask("predict", run, inputs={"files": files})["items"][-1]
    assert shown(last)[1] == table[1 + int(content.splits["validation"][-1])][:4]
    assert sample["target"] == pytest.approx(float(table[1 + position][4]), rel=1e-6), (
        "in the units of the data"
    )


def test_cells_that_training_never_saw_count_as_missing(place: Workplace) -> None:
    run = houses(place)
    row = {"size": "120", "town": "Paris", "built": "1999-01-02", "rooms": "many"}
    (told,) = place.ask("predict", run, inputs={"row": row})["items"]
    assert "“Paris” in the column “town” did not occur in training" in told["said"]
    assert "“many” in the column “rooms” is no number" in told["said"]
    (gaps,) = place.ask("predict", run, inputs={"row": {"size": 120, "built": "1999-01-02"}})["items"]
    assert gaps["number"] == told["number"] and "said" not in gaps
    assert (
        "There is no column “colour”"
        in place.ask("predict", run, inputs={"row": {"colour": 1}})["items"][0]["error"]
    )
    lacking = place.folder / "lacking.csv"
    lacking.write_text("size,town\n100,Ulm\n120,Bern\n", "utf-8")
    (bad,) = place.ask("predict", run, inputs={"files": [str(lacking)]})["items"]
    assert "lacks the column “built”" in bad["error"]


def test_one_bad_file_among_good_ones_is_told_and_the_others_go_on(place: Workplace) -> None:
    run = scans(place)
    good = files_of(place, run, "test", "scans")
    folder = place.folder / "mixed"
    folder.mkdir()
    for name, content in (
        ("cut.png", Path(good[0]).read_bytes()[:60]),
        ("empty.png", b""),
        ("text.png", b"no picture at all"),
        ("whole.png", Path(good[0]).read_bytes()),
    ):
        (folder / name).write_bytes(content)
    inputs = {"files": [good[1], str(folder), str(folder / "nowhere.png")]}
    items = place.ask("predict", run, inputs=inputs)["items"]
    assert [Path(item["name"]).name for item in items] == [
        Path(good[1]).name, "cut.png", "empty.png", "text.png", "whole.png", "nowhere.png",
    ]  # fmt: skip
    assert ["error" in item for item in items] == [False, True, True, True, False, True]
    assert items[2]["error"].endswith("empty.png is empty.") and "There is no file" in items[5]["error"]
    for item in items[1:4]:
        assert str(folder) in item["error"] and "<" not in item["error"] and item["error"].endswith(".")
    alone = place.ask("predict", run, inputs={"files": [good[0]]})["items"][0]["top"]
    assert [name for name, _ in items[4]["top"]] == [name for name, _ in alone]
    nothing = place.folder / "nothing"
    nothing.mkdir()
    assert "has no files in it" in place.refused("predict", run, inputs={"files": [str(nothing)]})


def test_a_file_that_ends_the_process_that_reads_it_is_the_only_one_left_out(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = scans(place)
    good = files_of(place, run, "test", "scans")
    killer = place.folder / "killer.png"
    killer.write_bytes(Path(good[0]).read_bytes())
    seen: list[int] = []
    lines = preparation._lines

    def killing(process: Any, wanted: Any) -> Any:
        """The process falls over at the second input, each time when that is the killer."""
        for said in lines(process, wanted):
            yield said
            if said.get("at") == 1 and not seen:
                seen.append(1)
                process.kill()
                return

    monkeypatch.setattr(preparation, "_lines", killing)
    items = place.ask("predict", run, inputs={"files": [good[0], str(killer), good[1]]})["items"]
    assert ["error" in item for item in items] == [False, True, False]
    assert "ended the program that reads it" in items[1]["error"]


def test_a_file_that_is_made_ready_for_nobody_is_let_go_of(monkeypatch: pytest.MonkeyPatch) -> None:
    busy = "import sys, time\nprint('{\"at\": 0}', flush=True)\nsys.stdin.readline()\ntime.sleep(60)"
    monkeypatch.setattr(processes, "python", lambda module: [sys.executable, "-S", "-c", busy])
    monkeypatch.setattr(preparation, "_OFTEN", 0.01)
    looks: list[int] = []

    def wanted() -> None:
        looks.append(1)
        if len(looks) > 3:
            raise Stopped

    process = preparation.Preparation()
    with pytest.raises(Stopped):
        process.ready({}, [{"name": "endless.png"}, {"name": "other.png"}], Path(), wanted)
    assert process._process is None, "the other one is not begun"


def test_typed_texts_and_drawn_pictures(place: Workplace) -> None:
    run = notes(place)
    (told,) = place.ask("predict", run, inputs={"text": "  good soup, bad tea "})["items"]
    assert {name for name, _ in told["top"]} == {"no", "yes"} and "error" not in told
    (empty,) = place.ask("predict", run, inputs={"text": " \n"})["items"]
    assert "empty" in empty["error"]
    pictures = scans(place)
    drawn = io.BytesIO()
    Image.new("L", (30, 25), 90).save(drawn, "PNG")
    inputs = {"picture": base64.b64encode(drawn.getvalue()).decode()}
    (told,) = place.ask("predict", pictures, inputs=inputs)["items"]
    assert {name for name, _ in told["top"]} == {"bright", "dark"} and told["name"] == "drawing"
    assert "no base64" in place.refused("predict", pictures, inputs={"picture": "???"})
    (wrong,) = place.ask("predict", pictures, inputs={"text": "a picture of a cat"})["items"]
    assert "trained on pictures" in wrong["error"]
    assert "“inputs” has" in place.refused("predict", pictures, inputs={"files": []})
    sample = place.context.sample(pictures, place.context.answer(pictures), {"inputs": inputs})
    assert sample.batch["data.image"].shape == (1, 1, 5, 6)
    assert float(sample.batch["data.image"].mean()) == pytest.approx(90 / 255)


def test_files_that_came_to_the_source_since_are_no_reason_to_refuse(place: Workplace) -> None:
    run = scans(place)
    (place.folder / "scans" / "dark" / "99.png").write_bytes(
        (place.folder / "scans" / "dark" / "01.png").read_bytes()
    )
    place.context.forget()
    record = next(each for each in place.store.datasets() if each.id == "scans")
    assert place.ask("evaluate", run)["count"] == record.splits["validation"]
    wish = {"inputs": {"files": [str(place.folder / "scans" / "dark" / "99.png")]}}
    assert "error" not in place.ask("predict", run, **wish)["items"][0]
    assert place.ask("about", run)["note"] == ""
    place.store.add_dataset(replace(record, fingerprint="0" * 64))
    try:
        assert "was read anew since run" in place.context.other_data(run)
    finally:
        place.store.add_dataset(record)
    table = place.folder / "houses.csv"
    run, whole = houses(place), table.read_text("utf-8")
    table.write_text(whole + "55,Ulm,2001-01-01,3,100000\n", "utf-8")
    try:
        assert "has changed since it was added" in place.refused("predict", run, inputs={"row": {"size": 1}})
        assert place.ask("evaluate", run)["count"] > 0, "what it was trained on is still there"
        about = place.ask("about", run)
        assert "row" not in about["can"] and "has changed since it was added" in about["note"]
    finally:
        table.write_text(whole, "utf-8")


def test_a_run_is_not_asked_about_data_that_is_read_otherwise_by_now(place: Workplace) -> None:
    run = houses(place)
    wish = {"inputs": {"row": {"size": 100, "town": "Ulm", "built": "1999-01-02", "rooms": 3}}}
    before = place.ask("predict", run, **wish)["items"][0]["number"]
    record = next(each for each in place.store.datasets() if each.id == "houses")
    place.store.add_dataset(replace(record, options={"target": "price", "standardise": False}))
    try:
        for do, more in (("predict", wish), ("evaluate", {}), ("samples", {"split": "test"})):
            why = place.refused(do, run, **more)
            assert "“houses” is read otherwise" in why and '(table: target="price")' in why
        about = place.ask("about", run)
        assert "is read otherwise" in about["trouble"] and not about["splits"] and about["layers"]
    finally:
        place.store.add_dataset(record)
    assert place.ask("predict", run, **wish)["items"][0]["number"] == before
