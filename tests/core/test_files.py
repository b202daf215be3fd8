"""The model file: what is written comes back, and a file that cannot be read is refused."""

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from workbench.core import files
from workbench.core.document import Block, Document, Graph, Node, Port, Training, Update
from workbench.core.errors import DocumentError
from workbench.core.files import dumps, loads, read, write, write_atomically
from workbench.core.resources import resource


def model() -> Document:
    """A document that uses every part of the format."""
    inner = Graph(
        {
            "x": Node("x", "Input"),
            "fc": Node("fc", "Linear", params={"out_features": "= size"}),
            "y": Node("y", "Output"),
        },
        {Port("fc", "x"): Port("x", "x"), Port("y", "x"): Port("fc", "y")},
    )
    outer = Graph(
        {
            "digits": Node("digits", "Dataset", params={"dataset": "digits"}, at=(0.0, 0.5)),
            "tower": Node("tower", block="Tower", params={"size": 4}, repeat="= depth", title="Türme\n“2”"),
            "again": Node("again", block="Tower", linked_to="tower"),
            "conv": Node("conv", "Conv2d", params={"kernel_size": (3, 5), "padding": "same", "bias": False}),
            "loss": Node("loss", "MSELoss", params={"target": None, "reduction": "mean"}),
        },
        {Port("conv", "x"): Port("digits", "image"), Port("tower", "x"): Port("conv", "y")},
    )
    updates = (
        Update(
            "one", {"loss": 1}, ("tower",), {"type": "Adam", "lr": 1e-3, "betas": (0.5, 0.999)}, {}, 2, 1.0
        ),
        Update("two", {"loss": "= depth / 2"}, schedule={"type": "StepLR"}),
    )
    return Document(
        "A model", {"depth": 2, "note": "text"}, outer, {"Tower": Block({"size": 3}, inner)},
        Training({"epochs": 5}, updates), "What it is for.",
    )  # fmt: skip


def test_everything_comes_back() -> None:
    text = dumps(model())
    assert loads(text) == model()
    assert dumps(loads(text)) == text


def test_a_node_and_a_link_take_one_line_each() -> None:
    lines = [line.strip() for line in dumps(model()).splitlines()]
    assert sum(line.startswith('{"id": ') for line in lines) == 8
    assert sum(line.startswith('["') for line in lines) == 4
    assert '["digits.image", "conv.x"],' in lines


def test_templates_are_written_as_the_format_says() -> None:
    templates = sorted(path for path in resource("templates").glob("*.json") if path.stem != "index")
    assert len(templates) >= 11
    for path in templates:
        assert dumps(read(path)) == path.read_text(encoding="utf-8"), path.name


def test_an_empty_model_is_a_model() -> None:
    assert loads('{"format": 1}') == Document()


def test_a_file_is_replaced_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "modell é.json"
    write(path, model())
    assert read(path) == model()

    def fails(*args: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(OSError, match="disk full"):
        write(path, Document("other"))
    assert read(path) == model()
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")
def test_who_may_read_a_file_is_up_to_its_folder_and_stays(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    path = tmp_path / "model.json"
    write(path, model())
    assert path.stat().st_mode == (tmp_path / "usual").stat().st_mode
    path.chmod(0o440)
    write(path, Document("other"))
    assert path.stat().st_mode & 0o777 == 0o440 and read(path) == Document("other")


def test_what_a_workspace_keeps_is_never_replaced(tmp_path: Path) -> None:
    database, checkpoint = tmp_path / "x.db", tmp_path / "x.files" / "runs" / "1" / "best-3-a1.safetensors"
    checkpoint.parent.mkdir(parents=True)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE runs (id INTEGER)")
    write_atomically(checkpoint.parent / "program.py", b"old")
    write_atomically(checkpoint, b"weights")
    for path, words in ((database, "it is a database"), (checkpoint, "it is a checkpoint")):
        before = path.read_bytes()
        with pytest.raises(FileExistsError, match=words):
            write_atomically(path, b"new")
        assert path.read_bytes() == before and len(list(path.parent.iterdir())) == 2
    write_atomically(checkpoint.parent / "program.py", b"new")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere: '.*nowhere/a\.json'"):
        write(tmp_path / "nowhere" / "a.json", model())


def test_a_byte_order_mark_is_no_matter(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_text("\ufeff" + dumps(model()), encoding="utf-8")
    assert read(path) == model()


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DocumentError, match="cannot be read: No such file"):
        read(tmp_path / "none.json")
    with pytest.raises(DocumentError, match="cannot be read"):
        read(tmp_path)
    binary = tmp_path / "binary.json"
    binary.write_bytes(b'{"format": \xff}')
    with pytest.raises(DocumentError, match="byte 11 is not UTF-8"):
        read(binary)
    monkeypatch.setattr(files, "LARGEST_BYTES", 5)
    with pytest.raises(DocumentError, match="too large for a model file"):
        read(binary)
