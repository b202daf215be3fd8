"""A workspace as one file: what is packed is what comes out, and what a stranger packed is looked at first."""

import hashlib
import json
import math
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.drawing import CLASSIFIER, draw
from workbench.catalog.samples import SAMPLES
from workbench.core.errors import JobError, StoreError, WorkbenchError
from workbench.core.files import dumps, loads
from workbench.jobs.bundles import DATABASE, MANIFEST, look, pack, unpack
from workbench.jobs.lock import Lock
from workbench.jobs.starts import start_of
from workbench.store import bundles as merging
from workbench.store import sqlite
from workbench.store.arrivals import Arrival, take_in
from workbench.store.arrivals import known as arrived
from workbench.store.records import DatasetRecord, Point
from workbench.store.store import Store


def quiet(_: str) -> None:
    """Nobody listens."""


@pytest.fixture
def open_store(tmp_path: Path) -> Iterator[Callable[[str], Store]]:
    found: list[Store] = []

    def opened(name: str) -> Store:
        found.append(Store(tmp_path / name / "experiments.db"))
        return found[-1]

    yield opened
    for each in found:
        each.close()


def add_run(store: Store, name: str = "a", dataset: str = "digits", **kept: Any) -> int:
    document = dumps(
        draw(CLASSIFIER.replace("Dataset", f"Dataset dataset={dataset}"), schemas=known(dataset))
    )
    run: int = store.add_run(
        name, "model", document, "# program", device="cpu", seed=1, epochs=2, parameters=9, dataset=dataset,
        params={"digits.dataset": dataset, "training.epochs": 2}, **kept,
    ).id  # fmt: skip
    store.claim(run, "cpu")
    store.set_process(run, 4711, 8.0)
    store.log_points(
        run, [Point("loss", n, 0, value, 1.0) for n, value in enumerate([1.0, math.nan, math.inf])]
    )
    store.add_media(run, "texts", "text", 1, 1, b"\x00abc", "c")
    store.log(run, "info", f"{name} 🙂")
    content = f"weights of {name}".encode()
    (store.run_folder(run) / "best-3.safetensors").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    store.add_checkpoint(run, 3, 1, "best", f"runs/{run}/best-3.safetensors", digest, len(content), 0.5)
    return run


def known(dataset: str) -> Any:
    return {**SAMPLES, dataset: replace(SAMPLES["digits"], id=dataset)}


def add_dataset(store: Store, id: str, fingerprint: str) -> None:
    schema = {**SAMPLES["digits"].to_json(), "id": id}
    store.add_dataset(
        DatasetRecord(id, id, f"/there/{id}", "idx", {}, schema, {"train": 1}, fingerprint, 1.0)
    )


def everything(store: Store, run: int) -> Any:
    """All of a run that a person would miss, without its number."""
    record = replace(store.run(run), id=0, resumed_from=0, model_id=0, pid=0, process_started=0.0)
    points = [replace(p, value=repr(p.value)) for p in store.points(run)[0]]  # type: ignore[arg-type]
    kept = [
        (c.step, c.kind, c.sha256, c.value, store.file(c.path).read_bytes()) for c in store.checkpoints(run)
    ]
    media = [(m.probe, m.kind, m.data, m.caption) for m in store.media(run)]
    logged = [(line.time, line.level, line.text) for line in store.log_lines(run)]
    summaries = repr(dict(store.summaries([run])[run]))
    marks = store.marks_of(run)
    texts = (store.document_text(run), store.program_text(run), store.params(run))
    outlines = [repr(each) for each in store.outlines([run], ["loss", "long"]).values()]
    return record, points, kept, media, logged, summaries, marks, texts, outlines


def filled(store: Store) -> list[int]:
    first = add_run(store)
    store.set_state(first, "running")
    store.set_state(first, "completed")
    model = store.save_model(None, dumps(draw(CLASSIFIER, name="drawn")))
    store.add_version(model.id, dumps(draw(CLASSIFIER, name="before")), "one")
    second = add_run(store, "zwei\nZeilen", resumed_from=first, model_id=model.id)
    store.log_points(second, [Point("long", n, 0, 1 / n, 1.0 * n) for n in range(1, 2_001)])
    store.set_state(second, "failed", "because")
    store.change_tags(add=[(first, "paper")])
    store.star([second])
    store.set_setting("open_model", model.id)
    return [first, second]


def test_a_bundle_in_an_empty_workspace_is_the_same(
    open_store: Callable[[str], Store], tmp_path: Path
) -> None:
    there, here = open_store("there"), open_store("here")
    gone = add_run(there, "gone")
    there.set_state(gone, "failed")
    there.purge_run(gone)
    runs = filled(there)
    packed = pack(there, tmp_path / "a.zip", quiet)
    assert (packed.runs, packed.checkpoints, packed.left_out) == (2, 2, ())
    merged = unpack(here, tmp_path / "a.zip", quiet)
    assert merged.runs == {runs[0]: 1, runs[1]: 2} and merged.models == 1
    for old, new in merged.runs.items():
        assert everything(here, new) == everything(there, old)
    assert set(here.outlines([1, 2], ["loss", "long"])) == {(2, "long")}
    assert here.run(2).resumed_from == 1 and here.run(2).pid == 0
    (model,) = here.models()
    assert here.run(2).model_id == model.id and here.model_text(model.id) == there.model_text(model.id)
    assert [version.name for version in here.versions(model.id)] == ["one"]
    assert here.setting("open_model") is None and not here.check()
    assert [each.name for each in here.files.iterdir() if each.name.startswith("importing")] == []
    assert (
        here.add_run(
            "n", "m", "{}", "", device="cpu", seed=0, epochs=1, parameters=1, dataset="", params={}
        ).id
        == 3
    )


def test_two_workspaces_become_one(open_store: Callable[[str], Store], tmp_path: Path) -> None:
    there, here = open_store("there"), open_store("here")
    theirs, ours = filled(there), filled(here)
    add_dataset(there, "mine", "f1")
    add_dataset(there, "same", "f")
    other = add_run(there, "on mine", "mine")
    there.set_state(other, "completed")
    add_dataset(here, "mine", "f2")
    add_dataset(here, "same", "f")
    before = [everything(here, run) for run in ours]
    pack(there, tmp_path / "a.zip", quiet)
    merged = unpack(here, tmp_path / "a.zip", quiet)
    assert [everything(here, run) for run in ours] == before
    assert set(merged.runs) == {*theirs, other} and not set(merged.runs.values()) & set(ours)
    assert merged.renamed == {"mine": "mine-2"} and (merged.models, merged.datasets) == (0, 1)
    assert {each.id: each.fingerprint for each in here.datasets()} == {
        "mine": "f2",
        "mine-2": "f1",
        "same": "f",
    }
    new = merged.runs[other]
    assert here.run(new).dataset == "mine-2" and here.params(new)["digits.dataset"] == "mine-2"
    assert loads(here.document_text(new)).graph.nodes["digits"].params["dataset"] == "mine-2"
    again = unpack(here, tmp_path / "a.zip", quiet)
    assert (again.models, again.datasets, again.runs) == (0, 0, {}) and len(here.runs()) == 5
    assert again.here == merged.runs  # none comes twice
    assert len(here.versions(here.models()[0].id)) == 2  # ours and theirs, of different moments


def test_runs_in_the_trash_do_not_come_again(open_store: Callable[[str], Store], tmp_path: Path) -> None:
    there, here = open_store("there"), open_store("here")
    first, second = filled(there)
    there.delete_run(first)
    pack(there, tmp_path / "a.zip", quiet)
    merged = unpack(here, tmp_path / "a.zip", quiet)
    here.delete_run(merged.runs[second])
    again = unpack(here, tmp_path / "a.zip", quiet)
    assert (again.runs, again.here) == ({}, merged.runs) and not here.runs()


def test_runs_from_other_programs_stay_known(open_store: Callable[[str], Store], tmp_path: Path) -> None:
    there, here = open_store("there"), open_store("here")
    add_run(here)
    runs = {mark: take_in(there, Arrival(mark, "MLflow", mark)) for mark in ("one", "two")}
    there.set_setting("open_model", 1)
    pack(there, tmp_path / "a.zip", quiet, [runs["one"]])
    merged = unpack(here, tmp_path / "a.zip", quiet)
    assert arrived(here) == {"one": merged.runs[runs["one"]]} and here.setting("open_model") is None
    pack(there, tmp_path / "b.zip", quiet)
    assert set(unpack(here, tmp_path / "b.zip", quiet).here) == {runs["one"]}
    assert arrived(here).keys() == {"one", "two"} and len(here.runs()) == 3


def test_some_runs_of_a_workspace(open_store: Callable[[str], Store], tmp_path: Path) -> None:
    there, here = open_store("there"), open_store("here")
    first, second = filled(there)
    add_dataset(there, "mine", "f1")
    mine = add_run(there, "on mine", "mine")
    foreign = take_in(there, Arrival("mark", "MLflow", "foreign"))
    packed = pack(there, tmp_path / "a.zip", quiet, [mine, foreign])
    assert (packed.runs, packed.checkpoints) == (2, 1)
    before = sorted(each.name for each in here.files.rglob("*"))
    found = look(here, tmp_path / "a.zip", quiet)
    assert [run[:2] for run in found.held.runs] == [(mine, "on mine"), (foreign, "foreign")]
    assert (found.held.models, found.held.datasets, found.checkpoints) == ((), ("mine",), 1)
    assert found.bytes == len(b"weights of on mine") and not found.here
    assert sorted(each.name for each in here.files.rglob("*")) == before
    merged = unpack(here, tmp_path / "a.zip", quiet)
    assert merged.runs == {mine: 1, foreign: 2} and here.run(2).imported
    with pytest.raises(StoreError, match="came from MLflow without a drawing"):
        here.document_text(2)
    assert look(here, tmp_path / "a.zip", quiet).here == {mine: 1, foreign: 2}
    pack(there, tmp_path / "b.zip", quiet)
    all_of_them = unpack(here, tmp_path / "b.zip", quiet)
    assert all_of_them.here == {mine: 1, foreign: 2} and set(all_of_them.runs) == {first, second}
    assert here.run(all_of_them.runs[second]).resumed_from == all_of_them.runs[first]
    with pytest.raises(StoreError, match="no run 99"):
        pack(there, tmp_path / "c.zip", quiet, [99])
    assert not (tmp_path / "c.zip").exists() and not list(tmp_path.glob(".c*"))


def test_a_start_from_a_run_is_from_that_run_here(open_store: Callable[[str], Store], tmp_path: Path) -> None:
    there, here = open_store("there"), open_store("here")
    add_run(here, "another")
    first = add_run(there)
    began = draw(CLASSIFIER, name="began")
    began = replace(began, training=replace(began.training, settings={"weights": f"run:{first}"}))
    there.save_model(None, dumps(began))
    second = there.add_run(
        "b", "model", dumps(began), "", device="cpu", seed=1, epochs=2, parameters=9, dataset="digits",
        params={"training.weights": f"run:{first}"},
    ).id  # fmt: skip

    def started(run: int) -> set[Any]:
        return {
            here.params(run)["training.weights"],
            loads(here.document_text(run)).training.settings["weights"],
        }

    pack(there, tmp_path / "one.zip", quiet, [second])
    alone = unpack(here, tmp_path / "one.zip", quiet).runs[second]
    assert started(alone) == {f"run:{first} elsewhere"}
    with pytest.raises(JobError, match=rf"run {first} stayed in the workspace from which .* choose another"):
        start_of(here, *started(alone))
    here.purge_run(alone)
    pack(there, tmp_path / "all.zip", quiet)
    merged = unpack(here, tmp_path / "all.zip", quiet)
    assert started(merged.runs[second]) == {f"run:{merged.runs[first]}"} != {f"run:{first}"}
    (model,) = here.models()
    assert loads(here.model_text(model.id)).training.settings["weights"] == f"run:{merged.runs[first]}"
    assert unpack(here, tmp_path / "all.zip", quiet).models == 0
    here.purge_run(merged.runs[second])
    assert started(unpack(here, tmp_path / "one.zip", quiet).runs[second]) == {f"run:{first} elsewhere"}
    here.purge_run(max(run.id for run in here.runs()))
    assert started(unpack(here, tmp_path / "all.zip", quiet).runs[second]) == {f"run:{merged.runs[first]}"}


def test_a_run_that_trains_comes_as_one_that_stopped(
    open_store: Callable[[str], Store], tmp_path: Path
) -> None:
    there, here = open_store("there"), open_store("here")
    run = add_run(there)
    there.set_state(run, "running")
    lost = add_run(there, "lost")
    there.set_state(lost, "completed")
    shutil.rmtree(there.run_folder(lost))
    packed = pack(there, tmp_path / "a.zip", quiet)
    assert packed.left_out == (f"runs/{lost}/best-3.safetensors",)
    assert there.run(run).state == "running"
    merged = unpack(here, tmp_path / "a.zip", quiet)
    came = here.run(merged.runs[run])
    assert (came.state, came.cause) == ("stopped", "It had not ended when the workspace was packed.")
    assert here.checkpoints(merged.runs[lost]) == []


def test_an_import_that_fails_or_is_killed_leaves_nothing(
    open_store: Callable[[str], Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, here = open_store("there"), open_store("here")
    runs = filled(there)
    pack(there, tmp_path / "a.zip", quiet)
    whole = merging.merge

    def fails(*given: Any) -> Any:
        assert sorted(each.name for each in (here.files / "runs").iterdir()) == ["1", "2"]
        raise StoreError("The disk is full.")

    monkeypatch.setattr(merging, "merge", fails)
    with pytest.raises(StoreError, match="disk is full"):
        unpack(here, tmp_path / "a.zip", quiet)
    assert not here.runs() and not list((here.files / "runs").iterdir())
    monkeypatch.setattr(merging, "merge", whole)
    staged = here.files / "importing-killed"  # as a process leaves it that was killed before it was done
    staged.mkdir()
    (staged / "plan.json").write_text("[5]")
    (here.run_folder(5) / "best-3.safetensors").write_bytes(b"half")
    merged = unpack(here, tmp_path / "a.zip", quiet)
    assert merged.runs == {runs[0]: 3, runs[1]: 4}
    assert sorted(each.name for each in (here.files / "runs").iterdir()) == ["3", "4"] and not staged.exists()
    lock = Lock(here.files / "import.lock")
    assert lock.acquire()
    with pytest.raises(JobError, match="Another bundle"):
        unpack(here, tmp_path / "a.zip", quiet)
    lock.release()


# ------------------------------------------------------------------ what strangers make


@pytest.fixture
def bundle(open_store: Callable[[str], Store], tmp_path: Path) -> dict[str, bytes]:
    """The parts of an honest bundle, of one run."""
    store = open_store("theirs")
    store.set_state(add_run(store), "completed")
    pack(store, tmp_path / "honest.zip", quiet)
    with zipfile.ZipFile(tmp_path / "honest.zip") as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def packed(parts: dict[str, bytes], file: Path, **listed: Any) -> Path:
    """A bundle of these parts with a manifest that fits them, but for what is given."""
    files = {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        for name, content in parts.items()
        if name != MANIFEST
    }
    about = {"format": 1, "workbench": "1", "files": files, **listed}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in parts.items():
            if name != MANIFEST:
                opened.writestr(name, content)
        opened.writestr(MANIFEST, json.dumps(about))
    return file


def with_sql(content: bytes, folder: Path, *statements: str) -> bytes:
    """A database after some statements."""
    place = folder / "changed.db"
    place.write_bytes(content)
    with closing(sqlite.dbapi().connect(str(place), isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
    return place.read_bytes()


SQL = {
    "a trigger": ("CREATE TRIGGER bad AFTER INSERT ON runs BEGIN DELETE FROM runs; END", "holds “bad”"),
    "a view": ("CREATE VIEW bad AS SELECT * FROM runs", "holds “bad”"),
    "a path out": ("UPDATE checkpoints SET path = '../../x.safetensors'", "out of place"),
    "the weights of another": ("UPDATE checkpoints SET path = 'runs/77/best-3.safetensors'", "out of place"),
    "another hash": ("UPDATE checkpoints SET sha256 = 'abc'", "not the checkpoint that its run wrote"),
    "no checkpoint": ("DELETE FROM checkpoints", "belongs to no run"),
    "a state": ("UPDATE runs SET state = 'flying'", "has the state “flying”"),
    "a time": ("UPDATE runs SET created = 9e99", "a time that cannot be"),
    "a drawing": ("UPDATE snapshots SET document = '[]'", "not what a workspace holds"),
    "deep text": (
        "UPDATE snapshots SET document = replace(hex(zeroblob(90000)), '00', '[')",
        "not what a workspace",
    ),
    "settings": ("UPDATE run_params SET params = '{'", "not what a workspace holds"),
    "a newer format": ("UPDATE alembic_version SET version_num = '9999'", "newer Workbench"),
    "another program's": ("PRAGMA application_id = 7", "another program"),
    "no table": ("DROP TABLE media", "not what a workspace holds"),
}


@pytest.mark.parametrize("what", SQL)
def test_a_database_that_was_tampered_with_is_refused(
    open_store: Callable[[str], Store], tmp_path: Path, bundle: dict[str, bytes], what: str
) -> None:
    statement, words = SQL[what]
    parts = {**bundle, DATABASE: with_sql(bundle[DATABASE], tmp_path, statement)}
    refused(open_store, packed(parts, tmp_path / "a.zip"), words)


def refused(open_store: Callable[[str], Store], file: Path, words: str) -> None:
    """Nothing came in, nothing is left, and nothing lies elsewhere."""
    here = open_store("here")
    around = here.path.parent

    def elsewhere() -> set[Path]:
        return {each for each in file.parent.rglob("*") if around not in (each, *each.parents)}

    before = elsewhere()
    with pytest.raises(WorkbenchError, match=words):
        unpack(here, file, quiet)
    assert not here.runs() and not here.check()
    assert not list(here.files.glob("importing-*")) and not list(here.files.rglob("*.safetensors"))
    assert elsewhere() == before


@pytest.mark.parametrize(
    "name",
    [
        "../evil.safetensors",
        "/etc/evil",
        "files/runs/1/../../x.safetensors",
        "files/runs/1/x.pt",
        "files/x\\y",
        "C:x",
    ],
)
def test_names_that_lead_elsewhere_are_refused(
    open_store: Callable[[str], Store], tmp_path: Path, bundle: dict[str, bytes], name: str
) -> None:
    refused(open_store, packed({**bundle, name: b"x"}, tmp_path / "a.zip"), "does not belong to a workspace")


def test_bundles_that_are_not_as_they_were_packed_are_refused(
    open_store: Callable[[str], Store], tmp_path: Path, bundle: dict[str, bytes]
) -> None:
    weights = next(name for name in bundle if name.endswith(".safetensors"))
    file = tmp_path / "a.zip"
    packed({**bundle, weights.replace("best", "more"): b"x"}, file)
    refused(open_store, file, "belongs to no run")
    packed({name: each for name, each in bundle.items() if name != weights}, file)
    refused(open_store, file, "is missing, or belongs to no run")
    packed({name: each for name, each in bundle.items() if name != DATABASE}, file)
    refused(open_store, file, "has no experiments.db")
    packed(bundle, file, files={DATABASE: {"sha256": "0", "bytes": len(bundle[DATABASE])}})
    refused(open_store, file, "is missing, or of another size")
    listed = {name: {"sha256": "0", "bytes": len(each)} for name, each in bundle.items() if name != MANIFEST}
    packed(bundle, file, files=listed)
    refused(open_store, file, "is not what was packed")
    packed(bundle, file, format=2)
    refused(open_store, file, "packed by a newer Workbench")
    packed(bundle, file, files=[1])
    refused(open_store, file, "cannot be understood")
    packed({**bundle, DATABASE: b"\x00" * 30_000_000}, file)
    refused(open_store, file, "too much for its size")
    packed({**bundle, DATABASE: b"no database" * 999}, file)
    refused(open_store, file, "is not an SQLite database")


def test_files_that_are_no_bundles_are_refused(
    open_store: Callable[[str], Store], tmp_path: Path, bundle: dict[str, bytes]
) -> None:
    file = tmp_path / "a.zip"
    honest = (tmp_path / "honest.zip").read_bytes()
    for content in (b"", b"PK\x03\x04", honest[:-40], honest[: len(honest) // 2], b"text" * 99):
        file.write_bytes(content)
        refused(open_store, file, "is no bundle of a workspace, or is damaged")
    begin = honest.index(b"experiments.db") + len("experiments.db")
    for changed in range(2):  # packed content that cannot be unpacked, and a way of packing that was not used
        broken = bytearray(honest)
        if changed:
            broken[honest.index(b"PK\x01\x02") + 10] = zipfile.ZIP_LZMA
        broken[begin : begin + 40] = b"\xff" * 40
        file.write_bytes(broken)
        refused(open_store, file, "is no bundle of a workspace, or is damaged")
    with zipfile.ZipFile(file, "w") as opened:
        opened.writestr("x", "y")
    refused(open_store, file, "has no manifest.json")
    with pytest.raises(JobError, match="There is no file"):
        unpack(open_store("here"), tmp_path / "nowhere.zip", quiet)


def test_a_disk_without_room_is_told_before(
    open_store: Callable[[str], Store],
    tmp_path: Path,
    bundle: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    refused(open_store, packed(bundle, tmp_path / "a.zip"), "1 kB are free. Free some space")
