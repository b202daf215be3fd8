"""Runs of other programs come in whole, once, and equal; what is damaged or meant badly keeps no other out."""

import io
import math
import os
import time
import wave
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.drawing import CLASSIFIER, draw
from workbench.catalog.goals import rising
from workbench.catalog.samples import SAMPLES
from workbench.core.errors import JobError, StoreError
from workbench.engine import foreign, mlflow_files, tensorboard_files, tensorboard_media, tensorboard_runs
from workbench.engine.importing import import_runs
from workbench.engine.mlflow_runs import flat
from workbench.engine.tensorboard_files import _bytes, _double, _float, _number, _record
from workbench.jobs import imports
from workbench.jobs.imports import Outcome, Request
from workbench.jobs.queue import enqueue
from workbench.store.arrivals import Arrival
from workbench.store.records import Point
from workbench.store.store import Store

VALUES = [1.5, math.nan, math.inf, -math.inf, -0.1, 0.0]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "experiments.db")
    yield opened
    opened.close()


def taken(store: Store, place: Path, **options: Any) -> list[Outcome]:
    return import_runs(store, Request(str(place), **options), lambda _: None)[0]


def scalar(tag: str, value: float, step: int, time: float = 1e9) -> bytes:
    summary = _bytes(1, _bytes(1, tag.encode()) + _float(2, value))
    return _record(_double(1, time) + _number(2, step) + _bytes(5, summary))


def events(folder: Path, *content: bytes, name: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    name = name or f"events.out.tfevents.1.{folder.name}"
    first = _record(_double(1, 1e9) + _bytes(3, b"brain.Event:2"))
    (folder / name).write_bytes(first + b"".join(content))
    return folder / name


def mlrun(folder: Path, **metrics: str) -> Path:
    """A run as MLflow writes it."""
    for name in ("params", "tags", "metrics", "artifacts"):
        (folder / name).mkdir(parents=True)
    (folder / "meta.yaml").write_text(
        "artifact_uri: mlflow-artifacts:/1\nend_time: 1700000100000\nentry_point_name: ''\n"
        f"experiment_id: '1'\nlifecycle_stage: active\nrun_id: {folder.name}\nrun_name: bold-'fish\n"
        f"run_uuid: {folder.name}\nsource_name: ''\nstart_time: 1700000000000\nstatus: 3\ntags: []\n"
    )
    for name, lines in metrics.items():
        (folder / "metrics" / name).write_text(lines)
    return folder


def trained(store: Store) -> int:
    """A finished run with everything that another program can hold."""
    run = enqueue(store, draw(CLASSIFIER), schemas=SAMPLES, device="cpu", name="zwei\nZeilen 🙂", seed=7).id
    points = [Point("train/loss", 10 * n, 1, value, 1.7e9 + n) for n, value in enumerate(VALUES)]
    names = [name for name in store.params(run) if name.endswith(".type")]
    accuracy = next(name for name in names if store.params(run)[name] == "Accuracy").removesuffix(".type")
    points += [Point(f"validation/{accuracy}", n, 1, value, 1.7e9) for n, value in enumerate((0.5, 0.75))]
    store.log_points(run, points)
    store.set_state(run, "running")
    store.set_state(run, "failed", "The disk is full.")
    store.change_tags(add=[(run, "paper"), (run, "Zweites")])
    store.set_notes(run, "# Notes\nof two lines")
    return run


@pytest.mark.parametrize("kind", ["tensorboard", "mlflow"])
def test_what_was_written_comes_back_equal(store: Store, tmp_path: Path, kind: str) -> None:
    run = trained(store)
    {"tensorboard": tensorboard_files.write, "mlflow": mlflow_files.write}[kind](
        store, [run], tmp_path / "out"
    )
    (outcome,) = taken(store, tmp_path / "out")
    before, after = store.run(run), store.run(outcome.run)
    assert outcome.run == run + 1 and outcome.values == 8 and not outcome.trouble
    exact = kind == "mlflow"
    for metric, old in store.summaries([run])[run].items():
        new = store.summaries([after.id])[after.id][metric]
        assert (old.count, old.type, old.last_step, old.max_step) == (
            new.count,
            new.type,
            new.last_step,
            new.max_step,
        )
        one, two = store.curve(run, metric), store.curve(after.id, metric)
        assert (one.steps, one.times) == (two.steps, two.times)
        assert list(map(repr, two.values)) == list(map(repr, one.values)) or not exact
        assert list(two.values) == pytest.approx(list(one.values), rel=1e-6, nan_ok=True)
    assert rising(store.summaries([after.id])[after.id]["validation/" + metric.partition("/")[2]].type)
    assert (after.name, after.state, after.cause) == ("zwei Zeilen 🙂", "failed", "The disk is full.")
    assert (after.model, after.dataset, after.seed) == (before.model, before.dataset, 7)
    assert after.started == pytest.approx(before.started, abs=0.01) and after.imported and not before.imported
    params = store.params(after.id)
    assert params.pop("imported.from") == {"tensorboard": "TensorBoard", "mlflow": "MLflow"}[kind]
    if exact:
        assert params.pop("imported.experiment") == tmp_path.name
    assert params == {
        name: each for name, each in store.params(run).items() if not name.startswith("estimate.")
    }
    marks = store.marks_of(after.id)
    assert marks.tags == ("paper", "Zweites") and marks.notes == "# Notes\nof two lines"
    if exact:
        assert store.document_text(after.id) == store.document_text(run)
        assert store.program_text(after.id) == store.program_text(run)
    else:
        with pytest.raises(StoreError, match="came from TensorBoard without a drawing"):
            store.document_text(after.id)
    assert "8 values" in store.log_lines(after.id)[0].text
    again = taken(store, tmp_path / "out")
    assert [each.here for each in again] == [after.id] and not again[0].run
    store.delete_run(after.id)
    assert taken(store, tmp_path / "out")[0].run == after.id + 1


def test_tensorboards_own_writer_and_its_other_forms(store: Store, tmp_path: Path) -> None:
    """Written with the protocol buffers of TensorBoard: tensors, hyperparameters, pictures."""
    proto = pytest.importorskip("tensorboard.compat.proto.event_pb2")
    hparams = pytest.importorskip("tensorboard.plugins.hparams.summary_v2")
    tensor = pytest.importorskip("tensorboard.util.tensor_util")
    place = tmp_path / "logs" / "fit" / "train"
    given = [proto.Event(wall_time=5.0, file_version="brain.Event:2")]
    event = proto.Event(wall_time=6.0, step=3)
    event.summary.value.add(tag="loss", simple_value=0.25)
    given.append(event)
    for dtype, value in (("float64", 0.1), ("int64", -7), ("float16", 0.5)):
        event = proto.Event(wall_time=7.0, step=-1)
        each = event.summary.value.add(tag=dtype)
        each.metadata.plugin_data.plugin_name = "scalars"
        numpy = pytest.importorskip("numpy")
        each.tensor.CopyFrom(tensor.make_tensor_proto(numpy.array(value, dtype)))
        given.append(event)
    event = proto.Event(step=4)
    event.summary.value.add(tag="p").image.width = 2
    event.summary.value.add(tag="h").histo.min = 1
    given.append(event)
    session = hparams.hparams_pb(
        {"lr": 0.01, "optimizer": "Adam", "bias": True, "layers": 3}, start_time_secs=1
    )
    given.append(proto.Event(summary=session))
    events(place, name="events.out.tfevents.9.other.v2")
    (place / "events.out.tfevents.9.other.v2").write_bytes(
        b"".join(_record(each.SerializeToString()) for each in given)
    )
    (outcome,) = taken(store, tmp_path / "logs", larger=["loss"])
    assert outcome.trouble == "" and outcome.name == "fit/train" and outcome.values == 4
    run = outcome.run
    found = {
        metric: (list(c.values), list(c.steps))
        for metric in outcome.metrics
        for c in [store.curve(run, metric)]
    }
    assert found == {
        "loss": ([0.25], [3]),
        "float64": ([0.1], [-1]),
        "int64": ([-7.0], [-1]),
        "float16": ([0.5], [-1]),
    }
    assert store.params(run) == {
        "lr": 0.01, "optimizer": "Adam", "bias": True, "layers": 3, "imported.from": "TensorBoard",
    }  # fmt: skip
    record = store.run(run)
    assert (record.started, record.ended, record.state) == (1.0, 7.0, "completed")
    assert store.log_lines(run)[-1].text == "Left out: 1 damaged picture, 1 histogram."
    assert store.summaries([run])[run]["loss"].type and not store.summaries([run])[run]["int64"].type


def test_pictures_texts_and_sounds_of_tensorboard(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In both forms in which its own writers keep them."""
    proto = pytest.importorskip("tensorboard.compat.proto.event_pb2")
    tensors = pytest.importorskip("tensorboard.util.tensor_util")
    images = pytest.importorskip("tensorboard.plugins.image.metadata")
    texts = pytest.importorskip("tensorboard.plugins.text.summary_v2")
    numpy = pytest.importorskip("numpy")
    red, wide = (packed(Image.new("RGB", size, "red")) for size in ((4, 2), (3000, 10)))
    recorded = io.BytesIO()
    with wave.open(recorded, "wb") as made:
        made.setparams((2, 2, 8000, 0, "NONE", ""))
        made.writeframes(bytes(range(64)))
    event = proto.Event(wall_time=6.0, step=40)
    event.summary.value.add(tag="drawn\n1").image.encoded_image_string = red
    event.summary.value.add(tag="drawn").image.encoded_image_string = wide
    event.summary.value.add(tag="said").audio.encoded_audio_string = recorded.getvalue()
    event.summary.value.add(tag="bad").audio.encoded_audio_string = recorded.getvalue()[:20]
    sheet = event.summary.value.add(
        tag="sheet", metadata=images.create_summary_metadata("", "", converted_to_tensor=True)
    )
    sheet.tensor.CopyFrom(tensors.make_tensor_proto(numpy.array([b"4", b"2", red, red], object)))
    event.summary.value.extend(texts.text_pb("notes/text_summary", "to be **or** not").value)
    place = events(tmp_path / "logs", _record(event.SerializeToString()))
    (outcome,) = taken(store, place.parent)
    assert (outcome.values, outcome.records) == (0, 5) and store.run(outcome.run).step == 40
    media = {each.probe: each for each in store.media(outcome.run)}
    assert {name: (each.kind, each.step) for name, each in media.items()} == {
        "drawn 1": ("image", 40), "drawn": ("image", 40), "said": ("sound", 40), "sheet": ("image", 40),
        "notes": ("text", 40),
    }  # fmt: skip
    sizes = {name: Image.open(io.BytesIO(media[name].data)).size for name in ("drawn 1", "drawn", "sheet")}
    assert sizes == {"drawn 1": (4, 2), "drawn": (1024, 3), "sheet": (8, 2)}
    assert media["notes"].data == b"to be **or** not" and media["said"].data == recorded.getvalue()
    assert store.log_lines(outcome.run)[-1].text == "Left out: 1 damaged sound."
    again = tmp_path / "again"
    tensorboard_files.write(store, [outcome.run], again)
    back = store.media(taken(store, again)[0].run)
    assert {each.probe: each.data for each in back} == {name: each.data for name, each in media.items()}
    read = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    theirs = read.EventAccumulator(str(next(again.iterdir()))).Reload()
    assert theirs.Audio("said")[0].sample_rate == 8000
    assert theirs.Tensors("notes")[0].tensor_proto.string_val == [media["notes"].data]
    assert theirs.summary_metadata["notes"].plugin_data.plugin_name == "text"
    monkeypatch.setattr(tensorboard_media, "MOST", 2)
    store.delete_run(outcome.run)
    assert taken(store, place.parent)[0].records == 2


def packed(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def test_our_hyperparameters_are_read_by_tensorboards_plugin(store: Store, tmp_path: Path) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    plugin = pytest.importorskip("tensorboard.plugins.hparams.plugin_data_pb2")
    run = trained(store)
    tensorboard_files.write(store, [run], tmp_path / "out")
    (place,) = (tmp_path / "out").iterdir()
    read = accumulator.EventAccumulator(str(place)).Reload()
    (start,) = (read.summary_metadata["_hparams_/session_start_info"].plugin_data.content,)
    found = plugin.HParamsPluginData.FromString(start).session_start_info.hparams
    assert found["training.epochs"].number_value == store.params(run)["training.epochs"]
    assert found["workbench.name"].string_value == "zwei\nZeilen 🙂"
    end = read.summary_metadata["_hparams_/session_end_info"].plugin_data.content
    assert plugin.HParamsPluginData.FromString(end).session_end_info.status == 2


def test_what_is_damaged_is_told_and_the_others_come_in(store: Store, tmp_path: Path) -> None:
    place = tmp_path / "logs"
    events(place / "good", scalar("a", math.nan, 1), scalar("a", math.inf, 2))
    torn = events(place / "torn", scalar("a", 1.0, 1), scalar("a", 2.0, 2))
    torn.write_bytes(torn.read_bytes()[:-3])
    wrong = events(place / "wrong", scalar("a", 1.0, 1))
    wrong.write_bytes(wrong.read_bytes()[:-6] + b"xxxxxx")
    (place / "text").mkdir()
    (place / "text" / "a.tfevents.txt").write_text("hello, I am no event file")
    (place / "empty").mkdir()
    (place / "empty" / "a.tfevents").touch()
    events(place / "odd", _record(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"))
    events(place / "long", _record(b"")[:0] + (b"\xff" * 7 + b"\x7f"))
    bad = mlrun(
        place / "mlruns" / "1" / ("a" * 32), loss="1700000000000 1.5 0\n1700000000001 nan\nthree of them\n"
    )
    mlrun(place / "mlruns" / "1" / ("b" * 32), loss="1700000000000 1.5 7\n", acc="1 -inf 1\n")
    found = {each.name: each for each in taken(store, place)}
    assert found["good"].values == 2 and found["good"].run and found["torn"].values == 1
    assert "ends in the middle of a record" in store.log_lines(found["torn"].run)[1].text
    assert found["bold-'fish"].values == 2 and store.run(found["bold-'fish"].run).step == 7
    assert "damaged at byte" in found["wrong"].trouble and "no event file" in found["text"].trouble
    assert "neither values nor settings" in found["empty"].trouble and "no event" in found["odd"].trouble
    name = f"mlruns/1/{'a' * 32}"
    assert (
        found[name].trouble
        == f"{bad}/metrics/loss line 3 is no value of a metric (time, value, step): “three of them”."
    )
    assert len(store.runs()) == 3
    assert imports.told(list(found.values())).startswith("3 runs came in (#")


def test_links_pipes_and_foreign_settings(store: Store, tmp_path: Path) -> None:
    place = tmp_path / "logs"
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("password")
    run = mlrun(place / "1" / ("c" * 32))
    for name, value in (("lr", "0.1"), ("estimate.memory", "much"), ("imported.from", "me"), ("x", "NaN")):
        (run / "params" / name).write_text(value)
    (run / "params" / "leak").symlink_to(secret / "key")
    (run / "artifacts" / "model.json").write_text('{"name": 3}')
    (run / "artifacts" / "program.py").write_text("import os")
    mlrun(place / ".trash" / "2" / ("d" * 32))
    (place / "loop").symlink_to(place, target_is_directory=True)
    os.mkfifo(place / "events.tfevents.pipe")
    events(place / "e", scalar("bad\nname\x1b[31m" + "x" * 9000, 1.0, 1, math.nan))
    outcomes, remarks = import_runs(store, Request(str(place)), lambda _: None)
    first = next(each for each in outcomes if each.origin == "MLflow")
    assert store.params(first.run) == {"lr": 0.1, "x": "NaN", "imported.from": "MLflow"}
    assert remarks == ["Links are not followed: 1 link was left out."] and len(outcomes) == 2
    with pytest.raises(StoreError, match="without a drawing"):
        store.document_text(first.run)
    metric = outcomes[1].metrics[0] if outcomes[1].metrics else outcomes[0].metrics[0]
    assert metric.startswith("bad name") and len(metric) == 300
    for odd, words in ((tmp_path / "nowhere", "There is nothing at"), (secret, "no runs of TensorBoard or MLflow"),
                       (place / "events.tfevents.pipe", "no plain file")):  # fmt: skip
        with pytest.raises(JobError, match=words):
            taken(store, odd)
    assert "no event file" in taken(store, secret / "key")[0].trouble


def test_too_much_is_refused(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign, "MOST_VALUES", 3)
    events(tmp_path / "logs", *(scalar("a", 1.0, n) for n in range(4)))
    assert "more than 3 values" in taken(store, tmp_path / "logs")[0].trouble and not store.runs()


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (["loss/val", "Train/acc/top", "lr"], ["lr", "train/acc/top", "validation/loss"]),
        (["loss/val", "val/loss"], ["loss/val", "val/loss"]),  # else they would be one
    ],
)
def test_the_split_stands_first_as_in_runs_of_here(
    store: Store, tmp_path: Path, given: list[str], named: list[str]
) -> None:
    place = events(tmp_path / "logs", *(scalar(tag, 1.0, 1) for tag in given))
    assert sorted(taken(store, place.parent)[0].metrics) == named


def test_more_than_a_hundred_runs(store: Store, tmp_path: Path) -> None:
    for number in range(120):
        events(tmp_path / "logs" / f"r{number:04}", scalar("a", number, 1), name=f"e.tfevents.{number}")
    looked = taken(store, tmp_path / "logs", take=False)
    assert len(looked) == 120 and not store.runs()
    found = taken(store, tmp_path / "logs")
    assert [each.run for each in found] == list(range(1, 121)) and not any(each.trouble for each in found)


def test_what_nobody_thought_of_keeps_no_other_run_out(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        events(tmp_path / "logs" / name, scalar("x", 1.0, 1))
    real = tensorboard_runs.read

    def read(files: Sequence[Path], name: str) -> Arrival:
        if name == "a":
            raise KeyError("steps")
        return real(files, name)

    monkeypatch.setattr(tensorboard_runs, "read", read)
    bad, good = taken(store, tmp_path / "logs")
    assert bad.trouble == "a cannot be read, something in it is not as it should be (KeyError: 'steps')."
    assert good.run == 1


def test_flat_yaml() -> None:
    yaml = "a: 1\nb: 'it''s'\nc: \"x\\n\\u00e4\"\nd: a long\n  name\ne: null\nf: []\n'g h': two\n- list\n"
    assert flat(yaml) == {"a": "1", "b": "it's", "c": "x\nä", "d": "a long name", "f": "[]", "g h": "two"}
    began = time.process_time()
    assert len(flat("a: x\n" + " x\n" * 300_000)["a"]) == 600_001
    assert time.process_time() - began < 1


def test_what_is_no_request() -> None:
    with pytest.raises(JobError, match="This is no request"):
        Request.from_json("{}")
