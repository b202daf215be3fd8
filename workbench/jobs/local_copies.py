"""Finds the files of a public set in what a person has already. Standard library only; compares no hashes."""

from dataclasses import dataclass
from pathlib import Path

from workbench.catalog.public import PublicFile, PublicSet
from workbench.core.errors import DataError

_MOST_FOLDERS = 200


@dataclass(frozen=True, slots=True)
class LocalCopy:
    """The person's file or folder and, for each file of the set, where it is there.

    `archive` says that it is the set's archive, which has to be unpacked before it can be read.
    """

    place: Path
    files: tuple[tuple[PublicFile, Path], ...]
    archive: bool = False


def find_copy(one: PublicSet, path: Path) -> LocalCopy:
    """Looks at the path, and in folders up to two below it. Raises DataError naming what is missing there."""
    path = path.expanduser().absolute()
    if not path.exists():
        raise DataError(f"There is no file or folder {path}.")
    if path.is_file():
        if len(one.files) > 1:
            raise DataError(
                f"{one.title} is {len(one.files)} files ({', '.join(file.name for file in one.files)}); "
                "name the folder that holds them."
            )
        return LocalCopy(path, ((one.files[0], _sized(one, one.files[0], path)),), bool(one.members))
    folders = [path, *_below(path)]
    for folder in folders:
        if one.members and (found := _all(one, folder, one.members)):
            return LocalCopy(folder, found)
        if found := _all(one, folder, one.files):
            return LocalCopy(folder if len(one.files) > 1 else found[0][1], found, bool(one.members))
    best = max(folders, key=lambda folder: sum((folder / file.name).is_file() for file in one.files))
    lacking = [file.name for file in one.files if not (best / file.name).is_file()]
    unpacked = " (nor what it unpacks to)" if one.members else ""
    raise DataError(f"{best} does not hold {', '.join(lacking)}{unpacked}, which {one.title} needs.")


def _all(one: PublicSet, folder: Path, files: tuple[PublicFile, ...]) -> tuple[tuple[PublicFile, Path], ...]:
    if not all((folder / file.name).is_file() for file in files):
        return ()
    return tuple((file, _sized(one, file, folder / file.name)) for file in files)


def _sized(one: PublicSet, file: PublicFile, path: Path) -> Path:
    size = path.stat().st_size
    if file.bytes and size != file.bytes:
        raise DataError(
            f"{path} has {size:,} bytes; {file.name} of {one.title} has {file.bytes:,}, so it is another file."
        )
    return path


def _below(path: Path) -> list[Path]:
    """Folders one and two levels below, as other tools lay out what they fetch."""
    first = sorted(entry for entry in path.iterdir() if entry.is_dir())[:_MOST_FOLDERS]
    second = [inner for folder in first for inner in sorted(folder.iterdir()) if inner.is_dir()]
    return [*first, *second[:_MOST_FOLDERS]]
