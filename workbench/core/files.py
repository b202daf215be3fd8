"""The model file: versioned JSON, one node a line, written atomically.

A file holds data only; its text is checked in `reading`.
"""

import errno
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.core.document import Document, Graph, Node, Remark, Update
from workbench.core.errors import DocumentError
from workbench.core.reading import Reader

LARGEST_BYTES = 64 * 1024 * 1024
_DATABASE = b"SQLite format 3\0"
_CHECKPOINT = re.compile(r".*\.files/runs/\d+/[^/]+\.safetensors")


def dumps(document: Document) -> str:
    """The file's text: deterministic, readable, diffable."""
    parts = [
        f'"format": {format_of(document)}',
        f'"name": {_text(document.name)}',
        f'"description": {_text(document.description)}',
        f'"variables": {_text(document.variables)}',
        f'"graph": {_graph_text(document.graph, "  ")}',
    ]
    blocks = [
        f"    {_text(name)}: {{\n"
        f'      "params": {_text(block.params)},\n      "graph": {_graph_text(block.graph, "      ")}\n    }}'
        for name, block in document.blocks.items()
    ]
    parts.append('"blocks": {\n' + ",\n".join(blocks) + "\n  }" if blocks else '"blocks": {}')
    updates = [f"      {_text(_update_data(update))}" for update in document.training.updates]
    listed = "[\n" + ",\n".join(updates) + "\n    ]" if updates else "[]"
    parts.append(
        f'"training": {{\n    "settings": {_text(document.training.settings)},\n    "updates": {listed}\n  }}'
    )
    return "{\n  " + ",\n  ".join(parts) + "\n}\n"


def format_of(document: Document) -> int:
    """The oldest format that holds all of a document, so that an older Workbench opens what it can."""
    return 3 if any(update.rates for update in document.training.updates) else 2


def loads(text: str, name: str = "this model") -> Document:
    """The document in a file's text. Raises DocumentError that says where and what is wrong; `name` is the file's."""
    return Reader(name).document(text)


def read(path: Path) -> Document:
    """Reads a model file. Raises DocumentError."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise DocumentError(
                f"{path} is larger than {LARGEST_BYTES >> 20} MB, too large for a model file."
            )
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError(f"{path} is not a model file: byte {error.start} is not UTF-8 text.") from error
    except OSError as error:
        raise DocumentError(f"{path} cannot be read: {error.strerror or error}.") from error
    return loads(text, str(path))


def write(path: Path, document: Document) -> None:
    """Writes a model file so that at any moment either the old or the new content is there."""
    write_atomically(path, dumps(document).encode())


def write_atomically(path: Path, content: bytes) -> None:
    """Replaces a file's content as one step that survives a crash. Raises OSError and leaves the old content."""
    with replacing(path) as new:
        new.write_bytes(content)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """An empty file to write, which takes the place of `path` at the end as one step that survives a crash.

    Where that does not come, it is gone and `path` is as it was. Raises OSError, also for what a workspace keeps.
    """
    _refuse(path)
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    # Not as a temporary file of the system's, which nobody else may read: so may be what it becomes.
    os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    try:
        yield new
        with new.open("rb+") as file:
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, new)
        os.replace(new, path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    if os.name == "posix":  # makes the new name itself durable
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _refuse(path: Path) -> None:
    """Raises OSError where there is no folder, or a file that nothing that Workbench writes replaces: a database, such
    as a workspace, or a checkpoint, each of which has a new name.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, f"there is no folder {path.parent}", str(path))
    if not path.is_file():
        return
    with path.open("rb") as file:
        if file.read(len(_DATABASE)) == _DATABASE:
            why = "it is a database, such as a workspace; choose another name"
            raise FileExistsError(errno.EEXIST, why, str(path))
    if _CHECKPOINT.fullmatch(path.resolve().as_posix()):
        why = "it is a checkpoint that a run keeps; choose another name"
        raise FileExistsError(errno.EEXIST, why, str(path))


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _graph_text(graph: Graph, indent: str) -> str:
    nodes = [f"{indent}    {_text(_node_data(node))}" for node in graph.nodes.values()]
    links = [f"{indent}    {_text([str(source), str(target)])}" for target, source in graph.links.items()]

    def listed(lines: list[str]) -> str:
        return "[\n" + ",\n".join(lines) + f"\n{indent}  ]" if lines else "[]"

    parts = [f'"nodes": {listed(nodes)}', f'"links": {listed(links)}']
    if graph.bends:
        bends = [f"{indent}    {_text([str(target), places])}" for target, places in graph.bends.items()]
        parts.append(f'"bends": {listed(bends)}')
    if graph.remarks:
        remarks = [f"{indent}    {_text(_remark_data(remark))}" for remark in graph.remarks.values()]
        parts.append(f'"remarks": {listed(remarks)}')
    return "{\n" + ",\n".join(f"{indent}  {part}" for part in parts) + f"\n{indent}}}"


def _node_data(node: Node) -> dict[str, object]:
    data: dict[str, object] = {"id": node.id}
    if node.type:
        data["type"] = node.type
    if node.block:
        data["block"] = node.block
    if node.params:
        data["params"] = node.params
    if node.linked_to:
        data["linked_to"] = node.linked_to
    if node.repeat != 1:
        data["repeat"] = node.repeat
    if node.title:
        data["title"] = node.title
    if node.mode:
        data["mode"] = node.mode
    if node.look:
        data["look"] = node.look
    data["at"] = [int(v) if float(v).is_integer() else v for v in node.at]
    return data


def _remark_data(remark: Remark) -> dict[str, object]:
    data: dict[str, object] = {"id": remark.id, "kind": remark.kind, "text": remark.text}
    if remark.color:
        data["color"] = remark.color
    return {**data, "at": remark.at, "size": remark.size}


def _update_data(update: Update) -> dict[str, object]:
    data: dict[str, object] = {
        "name": update.name,
        "minimise": update.minimise,
        "train": update.train,
        "optimizer": update.optimizer,
        "schedule": update.schedule,
        "every": update.every,
        "clip": update.clip,
    }
    return {**data, "rates": update.rates} if update.rates else data
