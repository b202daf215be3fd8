"""A workspace as one zip file to carry to another machine, and taking one in: nothing is overwritten, nothing half.

Imports the store. A file from a stranger is checked before anything of it counts: names, sizes, hashes, schema.
"""

import hashlib
import json
import lzma
import os
import re
import shutil
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from workbench import __version__
from workbench.core import text
from workbench.core.errors import JobError, WorkbenchError
from workbench.core.files import replacing
from workbench.jobs.lock import Lock
from workbench.store import bundles
from workbench.store.bundles import Merged
from workbench.store.store import Store

FORMAT: Final = 1
MANIFEST, DATABASE, FILES = "manifest.json", "experiments.db", "files/"
MOST_DENSE: Final = 300
"""So many times larger than packed a part may become; more is no workspace."""
LARGEST_MANIFEST: Final = 64 << 20
_CHUNK: Final = 1 << 20
_STAGED, _PLAN, _LOOKED = "importing-", "plan.json", "looking-"
_NAME: Final = re.compile(r"files/runs/\d{1,15}/[A-Za-z0-9][A-Za-z0-9._-]{0,200}\.safetensors")
Progress = Callable[[str], None]
_DAMAGE: Final = (
    zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, RuntimeError, zlib.error, lzma.LZMAError,
)  # fmt: skip
"""What reading a file as a zip raises where it is none, or is damaged."""


@dataclass(frozen=True, slots=True)
class Packed:
    """What a bundle holds, and which checkpoints could not be taken along."""

    runs: int
    checkpoints: int
    left_out: tuple[str, ...]


def pack(store: Store, file: Path, say: Progress, runs: Collection[int] = ()) -> Packed:
    """Writes the whole workspace, as it is at one moment, or some of its runs with what they need, into a zip file.

    Raises WorkbenchError or OSError.
    """
    file = file.resolve()
    for run in runs:
        store.run(run)
    with (
        tempfile.TemporaryDirectory(dir=file.parent, prefix=f".{file.name}.") as folder,
        replacing(file) as temporary,
    ):
        copy = Path(folder) / DATABASE
        say("Copying the database")
        bundles.snapshot(store, copy)
        if runs:
            bundles.only(copy, runs)
        kept = bundles.checkpoints(copy)
        files: dict[str, dict[str, Any]] = {}
        missing: dict[int, str] = {}
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as opened:
            for number, row in enumerate(kept, start=1):
                say(f"Packing checkpoint {number} of {len(kept)}")
                name = f"{FILES}{row['path']}"
                if name in files:
                    continue
                try:
                    files[name] = _pack_one(opened, store.file(row["path"]), name, row["sha256"])
                except (OSError, JobError):  # a run that goes on has put a newer one in its place
                    missing[row["id"]] = str(row["path"])
            say("Packing the database")
            bundles.forget(copy, list(missing))
            opened.write(copy, DATABASE)
            files[DATABASE] = {"sha256": _digest(copy), "bytes": copy.stat().st_size}
            about = {"format": FORMAT, "workbench": __version__, "made": time.time(), "files": files}
            opened.writestr(MANIFEST, json.dumps(about, indent=1))
    return Packed(len(set(runs)) or len(_all_runs(store)), len(files) - 1, tuple(missing.values()))


def _all_runs(store: Store) -> list[int]:
    """The runs of a workspace with those in the trash."""
    return [run.id for trash in (False, True) for run in store.runs(deleted=trash)]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a bundle holds, before anything of it comes in."""

    held: bundles.Held
    here: Mapping[int, int]
    """Runs that are in the workspace already and so do not come again, with their numbers there."""
    checkpoints: int
    bytes: int
    """Of the checkpoints."""


def look(store: Store, file: Path, say: Progress) -> Preview:
    """Looks into a bundle and changes nothing. Raises WorkbenchError."""
    store.files.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=store.files, prefix=_LOOKED) as folder:
        place = Path(folder)
        say("Checking the bundle")
        listed = _extract(file, place, say, only={DATABASE})
        say("Checking the database")
        bundles.prepare(place / DATABASE)
        sizes = [each["bytes"] for name, each in listed.items() if name != DATABASE]
        here = bundles.already(store, place / DATABASE)
        return Preview(bundles.held(place / DATABASE), here, len(sizes), sum(sizes))


def unpack(store: Store, file: Path, say: Progress) -> Merged:
    """Takes a bundle into a workspace: runs get new numbers, those that are here already do not come again.

    Raises WorkbenchError, and then nothing came in.
    """
    lock = Lock(store.files / "import.lock")
    if not lock.acquire():
        raise JobError("Another bundle is being taken into this workspace. Wait until that is done.")
    try:
        _clear(store)
        folder = Path(tempfile.mkdtemp(dir=store.files, prefix=_STAGED))
        try:
            say("Checking the bundle")
            _extract(file, folder, say)
            say("Checking the database")
            bundles.prepare(folder / DATABASE)
            _check_weights(folder)
            here = bundles.already(store, folder / DATABASE)
            bundles.drop(folder / DATABASE, here)
            runs = bundles.reserve(store, folder / DATABASE)
            (folder / _PLAN).write_text(json.dumps(sorted(runs.values())), encoding="utf-8")
            _place(store, folder, runs)
            say("Adding the runs")
            return bundles.merge(store, folder / DATABASE, runs, here)
        except BaseException:
            _take_back(store, folder)
            raise
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        lock.release()


def refuse_other(file: Path) -> None:
    """Raises JobError for what is no bundle, before there is a workspace for it."""
    with _opened(file):
        pass


def _extract(
    file: Path, folder: Path, say: Progress, only: Collection[str] = ()
) -> dict[str, dict[str, Any]]:
    """Every part, or only some, at its place in `folder`; gives the list of all parts.

    Raises JobError for what is no bundle, or not as it was written.
    """
    with _opened(file) as (opened, parts, listed):
        wanted = {name: facts for name, facts in listed.items() if not only or name in only}
        needed = sum(parts[name].file_size for name in wanted)
        free = shutil.disk_usage(folder).free
        if needed > free * 0.95:
            raise JobError(
                f"{file} needs {text.size(needed)} when it is unpacked, and {text.size(free)} are free. "
                "Free some space and try again."
            )
        for number, (name, facts) in enumerate(wanted.items(), start=1):
            say(f"Unpacking {number} of {len(wanted)}")
            _extract_one(file, opened, parts[name], folder / name.removeprefix(FILES), facts)
        return listed


@contextmanager
def _opened(
    file: Path,
) -> Iterator[tuple[zipfile.ZipFile, Mapping[str, zipfile.ZipInfo], dict[str, dict[str, Any]]]]:
    """A bundle, its parts, and what its list says of them. Raises JobError for what is none, also while it is read."""
    try:
        with zipfile.ZipFile(file) as opened:
            parts = {info.filename: info for info in opened.infolist()}
            yield opened, parts, _manifest(file, opened, parts)
    except _DAMAGE as error:
        raise JobError(f"{file} is no bundle of a workspace, or is damaged: {error}.") from error
    except FileNotFoundError as error:
        raise JobError(f"There is no file {error.filename}.") from error
    except OSError as error:
        raise JobError(f"{file} cannot be unpacked: {error.strerror or error}.") from error


def _manifest(
    file: Path, opened: zipfile.ZipFile, parts: Mapping[str, zipfile.ZipInfo]
) -> dict[str, dict[str, Any]]:
    """The parts that the manifest lists, each of which is there, and no other. Raises JobError."""
    if len(parts) != len(opened.infolist()):
        raise JobError(f"{file} holds a name twice. It is refused.")
    if MANIFEST not in parts or parts[MANIFEST].file_size > LARGEST_MANIFEST:
        raise JobError(f"{file} is no bundle of a workspace: it has no {MANIFEST} that could be read.")
    _refuse_dense(file, parts[MANIFEST])
    try:
        about = json.loads(opened.read(MANIFEST))
        version, listed = int(about["format"]), dict(about["files"])
        facts = {name: (str(each["sha256"]), int(each["bytes"])) for name, each in listed.items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise JobError(f"{file} is no bundle of a workspace: its {MANIFEST} cannot be understood.") from error
    if version > FORMAT:
        raise JobError(
            f"{file} was packed by a newer Workbench ({about.get('workbench', '?')}). Update this one."
        )
    for name in {*parts, *listed} - {MANIFEST}:
        if name != DATABASE and not _NAME.fullmatch(name):
            raise JobError(
                f"{file} holds “{name[:80]}”, which does not belong to a workspace. It is refused."
            )
        if name not in parts or name not in facts or parts[name].file_size != facts[name][1]:
            raise JobError(f"{file} is not as it was packed: “{name}” is missing, or of another size.")
        _refuse_dense(file, parts[name])
    if DATABASE not in parts:
        raise JobError(f"{file} is no bundle of a workspace: it has no {DATABASE}.")
    return listed


def _refuse_dense(file: Path, info: zipfile.ZipInfo) -> None:
    if info.file_size > MOST_DENSE * max(info.compress_size, 1000):
        raise JobError(
            f"{file}: “{info.filename}” would become {text.size(info.file_size)}, too much for its size."
        )


def _extract_one(
    file: Path, opened: zipfile.ZipFile, info: zipfile.ZipInfo, place: Path, facts: Mapping[str, Any]
) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    found = hashlib.sha256()
    with opened.open(info) as source, place.open("xb") as target:
        while chunk := source.read(_CHUNK):
            found.update(chunk)
            target.write(chunk)
    if found.hexdigest() != facts["sha256"]:
        raise JobError(f"{file} is damaged: the content of “{info.filename}” is not what was packed.")


def _check_weights(folder: Path) -> None:
    """Every checkpoint that the database names is there with its hash, and no other file."""
    known = {row["path"]: row["sha256"] for row in bundles.checkpoints(folder / DATABASE)}
    there = {
        each.relative_to(folder).as_posix()
        for each in (folder / "runs").rglob("*.safetensors")
        if each.is_file()
    }
    if odd := sorted(there ^ known.keys()):
        raise JobError(f"The bundle is not whole: “{odd[0]}” is missing, or belongs to no run.")
    for path, digest in known.items():
        if _digest(folder / path) != digest:
            raise JobError(f"The bundle is damaged: “{path}” is not the checkpoint that its run wrote.")


def _place(store: Store, folder: Path, runs: Mapping[int, int]) -> None:
    """Moves the checkpoints to the numbers that were kept free for them; nobody knows of them yet."""
    for old, new in runs.items():
        source = folder / "runs" / str(old)
        if source.is_dir():
            target = store.run_folder(new)
            for each in source.iterdir():
                os.replace(each, target / each.name)


def _take_back(store: Store, folder: Path) -> None:
    """Removes the folders of runs that did not come in."""
    try:
        planned = [int(run) for run in json.loads((folder / _PLAN).read_text(encoding="utf-8"))]
        known = set(_all_runs(store))
    except (OSError, ValueError, WorkbenchError):  # it did not come so far
        return
    for run in planned:
        if run not in known:
            shutil.rmtree(store.files / "runs" / str(run), ignore_errors=True)


def _clear(store: Store) -> None:
    """Removes what an import left that was killed. Nobody else is at it: the lock is ours."""
    for folder in store.files.glob(f"{_STAGED}*"):
        _take_back(store, folder)
        shutil.rmtree(folder, ignore_errors=True)


def _pack_one(opened: zipfile.ZipFile, file: Path, name: str, digest: str) -> dict[str, Any]:
    """Weights hardly shrink, so they are stored as they are. Raises JobError for what is not what was written."""
    with file.open("rb") as source:  # one file throughout, also where another takes its name meanwhile
        if hashlib.file_digest(source, "sha256").hexdigest() != digest:
            raise JobError(f"{file} is damaged.")
        size = source.seek(0, os.SEEK_END)
        source.seek(0)
        with opened.open(zipfile.ZipInfo(name), "w", force_zip64=True) as target:
            shutil.copyfileobj(source, target, _CHUNK)
    return {"sha256": digest, "bytes": size}


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
