"""`python -m workbench.engine.service.preparing`: makes files, texts and rows ready for a trained model, in JSON lines.

{"trained": see `trained_with`, "inputs": [{"name", "file" or "text" or "row"}…], "into": FOLDER} is answered by
{"at": n} before each input, then {"items": [[input, name]…], "errors": [[input, why]…], "said": [[input, sentence]…],
"given": outputs made, "columns": of a row} or {"refused": why}. What was made is in the folder. Never imports torch.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from workbench.core.errors import DataError
from workbench.engine.readers import content as contents
from workbench.engine.readers import limits
from workbench.engine.readers.samples import sample
from workbench.engine.service.preparing.given import Given, Prepared, Trained, alone, finished, kind_of

_SAMPLE = "sample:"
Way = tuple[Callable[[Given], Prepared], tuple[str, ...]]
"""What makes an input ready, and of a table the columns that a row of it has."""
_kept: list[tuple[str, Trained, Way]] = []
"""The dataset of the last request, which most likely is that of the next one."""


def main() -> int:
    """Answers until the input ends."""
    limits.apply()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            _say(**_answer(request))
        except DataError as error:
            _say(refused=str(error))
        except MemoryError:
            _say(refused=f"Making it ready needs more than {limits.MEMORY_TEXT} of memory.")
        except OSError as error:
            _say(
                refused=f"{error.filename or 'A file'} cannot be read or written: {error.strerror or error}."
            )
    return 0


def _answer(request: Mapping[str, Any]) -> dict[str, Any]:
    trained, (prepare, columns) = _prepared_for(request["trained"])
    parts: list[Prepared] = []
    items: list[tuple[int, str]] = []
    errors: list[tuple[int, str]] = []
    said: list[tuple[int, str]] = []
    for number, each in enumerate(request["inputs"]):
        _say(at=number)
        try:
            part = prepare(Given.from_json(each))
        except DataError as error:
            errors.append((number, str(error)))
            continue
        except OSError as error:
            errors.append(
                (number, f"{error.filename or each['name']} cannot be read: {error.strerror or error}.")
            )
            continue
        parts.append(part)
        items += [(number, name) for name in part.names]
        said += [(number, sentence) for sentence in part.said]
    if parts:
        contents.write(finished(trained, parts), Path(request["into"]))
    given = sorted(parts[0].arrays) if parts else []
    if trained.content.layout == "graphs":
        given.append("graph")  # whose node each is, which the arrays tell together
    return {"items": items, "errors": errors, "said": said, "given": given, "columns": columns}


def _prepared_for(about: Mapping[str, Any]) -> tuple[Trained, Way]:
    key = json.dumps(about, sort_keys=True)
    if _kept and _kept[0][0] == key:
        return _kept[0][1], _kept[0][2]
    folder = str(about["folder"])
    content = (
        sample(folder.removeprefix(_SAMPLE)) if folder.startswith(_SAMPLE) else contents.opened(Path(folder))
    )
    source = Path(about["source"]) if about.get("source") else None
    trained = Trained(content, about["title"], about["reader"], about["options"], about["understood"], source)
    way = _way(trained)
    _kept[:] = [(key, trained, way)]
    return trained, way


def _way(trained: Trained) -> Way:
    """How inputs become items of such a dataset. Raises DataError where none can."""
    from workbench.engine.service.preparing import graphs, molecules, pictures, rows, series, texts, volumes

    kind = kind_of(trained.content, trained.reader)
    if kind == "series":
        known = series.source_of(trained)
        return (lambda given: series.window(trained, known, given)), ()
    if kind == "graphs":
        measures = graphs.source_of(trained)
        return (lambda given: graphs.graphs(trained, measures, given)), ()
    if kind == "table":
        source = rows.source_of(trained)
        names = tuple(column.name for column in source.columns)
        return (lambda given: rows.rows(trained, source, given)), names
    ways: Mapping[str, Callable[[Trained, Given], Prepared]] = {
        "image": pictures.image,
        "video": pictures.clip,
        "audio": pictures.sounds,
        "text": texts.sentences,
        "volume": volumes.volume,
        "molecule": molecules.graphs,
    }
    if kind:
        return (lambda given: ways[kind](trained, given)), ()
    raise DataError(alone(trained.content, trained.title, trained.reader))


def _say(**answer: object) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    sys.exit(main())
