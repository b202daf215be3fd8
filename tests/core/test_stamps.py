"""Whether files and folders are still what they were."""

import os
import time
from pathlib import Path

import pytest

from workbench.core.stamps import holds, holds_for, stamp_of, states


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "pets"
    (made / "cat").mkdir(parents=True)
    for name in ("cat/a.png", "cat/b\n\udcff.png", "c.png"):
        (made / name).write_bytes(b"picture")
    return made


def stamp(folder: Path, ago: float = -10) -> str:
    files = [str(path) for path in folder.rglob("*") if path.is_file()]
    return stamp_of(states(files), states([str(folder), str(folder / "cat")]), time.time() - ago)


def test_it_holds_until_something_is_written_replaced_added_or_removed(folder: Path) -> None:
    file = folder / "cat" / "a.png"

    def rewritten() -> None:
        was = file.stat()
        file.write_bytes(b"PICTURE")
        os.utime(file, ns=(was.st_atime_ns, was.st_mtime_ns))

    for change in (rewritten, (folder / "cat" / "new").mkdir, (folder / "d.png").touch, file.unlink):
        made = stamp(folder)
        assert holds(made) and holds(made)
        change()
        assert not holds(made)


def test_the_same_files_are_known_though_others_came_beside_them(folder: Path) -> None:
    files = [str(path) for path in folder.rglob("*.png")]
    made = stamp(folder)
    (folder / "notes.txt").touch()
    assert not holds(made) and holds_for(made, states(files))
    assert not holds_for(made, states(files[1:]))
    (folder / "c.png").write_bytes(b"longer than it was")
    assert not holds_for(made, states(files))


def test_there_is_none_of_what_is_gone_or_too_new(folder: Path) -> None:
    assert stamp(folder, ago=0) == ""
    assert stamp_of(states([str(folder / "gone")]), {}, time.time() + 10) == ""
    assert stamp_of({}, {}, time.time()) == ""


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"above": 1, "names": [[], []]}', "5", '{"names": 3}']
)
def test_what_is_no_stamp_does_not_hold(text: str) -> None:
    assert not holds(text)
    assert not holds_for(text, {"a": (1, 1, 1, 1)})
