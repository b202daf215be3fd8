"""Which public data sets are on this machine, where, and by which command they are fetched.

They lie in one folder of the person, not in a workspace: a public set is the same for all of them, and some have
gigabytes. Cheap enough for the window: nothing here reads data, hashes or opens a connection.
"""

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

import platformdirs

from workbench.catalog.public import PublicFile, PublicSet, find_public, public_sets
from workbench.core.errors import DataError
from workbench.jobs import processes

if TYPE_CHECKING:
    from workbench.jobs.datasets import Added
    from workbench.store.store import Store

State = Literal["absent", "partly", "here"]
NOT_PINNED = "not pinned: the hash of the first download is kept and compared from then on"


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that was whole and checked: its SHA-256, and by what to notice that it was changed since."""

    sha256: str
    bytes: int
    mtime_ns: int
    source: str = ""
    time: float = 0.0

    def fits(self, path: Path) -> bool:
        """Whether the file is there, of the same size and not written since."""
        try:
            stat = path.stat()
        except OSError:
            return False
        return (stat.st_size, stat.st_mtime_ns) == (self.bytes, self.mtime_ns)


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of one set on this machine.

    `hashes` outlive the files: they are what a later download of a file that nobody has pinned is compared with.
    `files` are by their name in the set, or by that of the members where an archive was unpacked. `local` is the
    person's own file or folder where that is used.
    """

    files: Mapping[str, Fetched] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)
    local: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """A set of the catalogue with its state here.

    `have` are bytes that are here, `path` what a dataset is made of when it is here. `hash` says how the content is
    checked: "pinned" by the catalogue, "kept" from the first download, or "" where the first is still to come.
    `problem` is a sentence where something that was here has gone or changed.
    """

    set: PublicSet
    state: State
    have: int
    path: Path
    hash: Literal["pinned", "kept", ""]
    local: bool = False
    problem: str = ""

    @property
    def hash_text(self) -> str:
        """How the content is checked, for people."""
        return {"pinned": "pinned in the catalogue", "kept": "kept from the first download"}.get(
            self.hash, NOT_PINNED
        )


def downloads_folder() -> Path:
    """`downloads` in the person's data folder, or what WORKBENCH_DOWNLOADS names."""
    chosen = os.environ.get("WORKBENCH_DOWNLOADS")
    return (
        Path(chosen).expanduser().absolute()
        if chosen
        else platformdirs.user_data_path("workbench") / "downloads"
    )


def set_folder(folder: Path, one: PublicSet) -> Path:
    """Where a set's whole files lie; nothing else is ever put there."""
    return folder / one.id


def parts_folder(folder: Path, one: PublicSet) -> Path:
    """Where what is not whole yet lies: on the same disk, so that becoming whole is one rename."""
    return folder / ".parts" / one.id


def read_record(folder: Path, one: PublicSet) -> Record:
    """What is known of a set; nothing where the note of it is missing or cannot be understood."""
    try:
        data = json.loads((folder / f"{one.id}.json").read_text(encoding="utf-8"))
        files = {str(name): Fetched(**entry) for name, entry in data["files"].items()}
        hashes = {str(name): str(value) for name, value in data["hashes"].items()}
        return Record(files, hashes, str(data["local"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Record()


def write_record(folder: Path, one: PublicSet, record: Record) -> None:
    """Keeps what is known of a set, all or nothing."""
    text = json.dumps(asdict(record), indent=1, ensure_ascii=False)
    new = folder / f"{one.id}.json.new"
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(folder / f"{one.id}.json")


def fetched(path: Path, sha256: str, source: str = "") -> Fetched:
    """The note of a file that has just been checked."""
    stat = path.stat()
    return Fetched(sha256, stat.st_size, stat.st_mtime_ns, source, time.time())


def offers(folder: Path | None = None, catalogue: Path | None = None) -> list[Offer]:
    """All sets of the catalogue with their states, in the catalogue's order."""
    root = folder or downloads_folder()
    return [offer_of(one, root) for one in public_sets(catalogue).values()]


def offer(id: str, folder: Path | None = None, catalogue: Path | None = None) -> Offer:
    """One set with its state. Raises DataError with the ids that there are."""
    return offer_of(find_public(id, catalogue), folder or downloads_folder())


def download_command(
    id: str,
    *,
    folder: Path | None = None,
    local: Path | None = None,
    mirrors: Sequence[str] = (),
    proxy: str = "",
    catalogue: Path | None = None,
) -> list[str]:
    """The process that fetches a set, or takes over the person's `local` copy; `workbench.jobs.download` tells what
    it prints. Ending the process cancels, starting it again goes on. It ends with the process that started it.
    """
    command = processes.python("workbench.jobs.download", id, "--folder", str(folder or downloads_folder()))
    command += ["--from", str(local)] if local else []
    for mirror in mirrors:
        command += ["--mirror", mirror]
    command += ["--proxy", proxy] if proxy else []
    return command + (["--catalogue", str(catalogue)] if catalogue else [])


def reports(stream: IO[str]) -> Iterator[dict[str, Any]]:
    """What the process says, line by line; lines that are no report are passed over."""
    for line in stream:
        try:
            report = json.loads(line)
        except ValueError:
            continue
        if isinstance(report, dict) and "event" in report:
            yield report


def add_downloaded(
    store: "Store", id: str, folder: Path | None = None, catalogue: Path | None = None
) -> "Added":
    """Adds a set that is here to the workspace, its classes by their names.

    Raises DataError where it is not here, or as the reader says it.
    """
    found = offer(id, folder, catalogue)
    if found.state != "here":
        raise DataError(
            f"{found.set.title} is not on this computer{f': {found.problem}' if found.problem else '.'} "
            f"Fetch it with: workbench data download {found.set.id}"
        )
    from workbench.jobs.datasets import add_dataset  # the process that fetches needs no store

    one = found.set
    added = add_dataset(store, found.path, one.reader, one.options, name=one.title)
    return named_classes(store, added, one.classes)


def named_classes(store: "Store", added: "Added", classes: Mapping[str, str]) -> "Added":
    """Gives classes that the files only number the names that the catalogue knows."""
    if not classes:
        return added
    labels = added.record.schema.get("labels")
    before = [str(label) for label in labels] if isinstance(labels, list) else []
    names = [classes.get(label, label) for label in before]
    if names == before or len(set(names)) < len(names):
        return added
    store.name_classes(added.record.id, names)
    return replace(added, record=store.dataset(added.record.id))


def dataset_path(one: PublicSet, folder: Path, local: str) -> Path:
    """What a dataset is made of: the set's folder, or the person's own file or folder."""
    if not local:
        return set_folder(folder, one)
    own = Path(local)
    # The person's folder may hold much else beside the one file.
    return own / one.files[0].name if own.is_dir() and len(one.files) == 1 and not one.members else own


def offer_of(one: PublicSet, folder: Path) -> Offer:
    """One set with its state in a folder of downloads."""
    record = read_record(folder, one)
    own = Path(record.local) if record.local else None
    place = own if own is not None else set_folder(folder, one)
    here, have, problem = 0, 0, ""
    names = [file.name for file in one.members or one.files]
    for name in names:
        note = record.files.get(name)
        path = place if own is not None and own.is_file() else place / name
        if note is not None and note.fits(path):
            here, have = here + 1, have + note.bytes
        elif note is not None and not problem:
            what = "has changed since it was checked" if path.exists() else "is not there any more"
            problem = f"{path} {what}."
    coming = unfinished_bytes(parts_folder(folder, one), one.files)
    state: State = "here" if here == len(names) else "partly" if here or coming else "absent"
    if one.pinned:
        known: Literal["pinned", "kept", ""] = "pinned"
    else:
        known = "kept" if all(file.hash or file.name in record.hashes for file in one.files) else ""
    return Offer(
        one, state, have + coming, dataset_path(one, folder, record.local), known, bool(own), problem
    )


def unfinished_bytes(parts: Path, files: Sequence[PublicFile]) -> int:
    """Bytes of files that are not whole."""
    paths = [parts / f"{file.name}{ending}" for file in files for ending in ("", ".part")]
    return sum(path.stat().st_size for path in paths if path.is_file())
