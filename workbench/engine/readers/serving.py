"""Answers a window's questions about the items of a kept dataset: pages of them, those of a class, those with words.

May import NumPy and what shows items.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import numpy as np

from workbench.core.errors import DataError
from workbench.engine.readers import content as contents
from workbench.engine.readers import show
from workbench.engine.readers.content import Array, Content, Index
from workbench.engine.readers.figures import figures_of
from workbench.engine.readers.reader import figures_as_json
from workbench.engine.readers.samples import sample

# Looking for words goes on for so long; what was found by then is shown.
PATIENCE = 8.0
# Classes that are counted for the window.
_CLASSES = 1_000
_MOST_PLACES = 1_000
# What is made of these kinds takes time and has no words.
_DRAWN = ("image", "volume", "video", "audio", "graph", "series")


def serve(
    folder: str, requests: IO[str], say: Callable[..., None], labels: Sequence[str] | None = None
) -> None:
    """Answers requests, one a line, until the input ends.  `labels` are the classes' names where a person changed them.

    The first answer, without a request, tells {"splits": sizes, "counts": items to be shown of each split,
    "classes": {split: {class: count}}, "layout": …, "figures": of a sample}.

    {"split": S, "places": [first, end], "label": class or "", "query": words or ""} brings {"items": […],
    "count": how many items of the split fit, "whole": whether all were looked through, "request": it}.
    The places count those that fit.  What cannot be answered brings {"error": why, "request": it}.
    """
    id = folder.removeprefix("sample:")
    content = sample(id) if id != folder else contents.opened(Path(folder))
    if labels is not None and len(labels) == len(content.schema.labels):
        content = replace(content, schema=replace(content.schema, labels=tuple(labels)))
    served = Served(content)
    say(
        splits=content.sizes,
        counts={split: len(served.places(split)) for split in content.splits},
        classes=_damaged_none(lambda: {split: classes(content, split) for split in content.splits}),
        layout=content.layout,
        figures=figures_as_json(figures_of(content)) if id != folder else [],
    )
    for line in requests:
        request = json.loads(line)
        try:
            found, whole = served.found(
                str(request["split"]), str(request.get("label") or ""), str(request.get("query") or "")
            )
            first, end = (int(place) for place in request["places"])
            first = max(0, first)
            page = found[first : min(end, first + _MOST_PLACES)]
            items = show.items(content, str(request["split"]), [int(place) for place in page])
        except DataError as error:
            say(error=str(error), request=request)
        except (IndexError, ValueError, TypeError, KeyError) as error:
            say(error=f"The copy of this data is damaged ({error}). Read it again.", request=request)
        else:
            say(items=items, count=len(found), whole=whole, request=request)


class Served:
    """What is found in a dataset, remembered while the same is asked for."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._last: tuple[tuple[str, str, str], tuple[Index, bool]] | None = None

    def places(self, split: str) -> Index:
        """The places of a split that are shown: all, of a text one a page, of windows those beside one another."""
        if split not in self._content.splits:
            raise DataError(f"There is no {split} part; there are {', '.join(self._content.splits)}.")
        return np.arange(0, self._content.sizes[split], show.stride_of(self._content))

    def found(self, split: str, label: str, query: str) -> tuple[Index, bool]:
        """The places where class and words fit, and whether all were looked through in time."""
        asked = (split, label, query.casefold().strip())
        if self._last is None or self._last[0] != asked:
            places = self.places(split)
            if label:
                places = places[_has_label(self._content, self._content.splits[split][places], label)]
            self._last = asked, _with_words(self._content, split, places, asked[2])
        return self._last[1]


def classes(content: Content, split: str) -> dict[str, int]:
    """How many items of each class a split has; nothing where there are no classes."""
    names, index = content.schema.labels, content.splits[split]
    several = content.arrays.get("labels")
    label = content.arrays.get("label")
    if several is not None and several.ndim == 2 and several.shape[1] == len(names):
        counts = several[index].astype(bool).sum(axis=0)
    elif _is_class(content, label):
        assert label is not None
        known = label[index].astype(np.int64)
        counts = np.bincount(known[(known >= 0) & (known < len(names))], minlength=len(names))
    else:
        return {}
    return {name: int(count) for name, count in zip(names[:_CLASSES], counts, strict=False)}


def _is_class(content: Content, label: Array | None) -> bool:
    return (
        label is not None
        and label.ndim == 1
        and label.dtype.kind in "iub"
        and content.layout not in ("stream", "windows")
        and bool(content.schema.labels)
    )


def _has_label(content: Content, positions: Index, name: str) -> Array:
    """Which positions have a class of that name."""
    names = content.schema.labels
    wanted = [place for place, known in enumerate(names) if known == name]
    several, label = content.arrays.get("labels"), content.arrays.get("label")
    if several is not None and several.ndim == 2 and several.shape[1] == len(names):
        return np.asarray(several[positions][:, wanted].astype(bool).any(axis=1))
    if not _is_class(content, label):
        raise DataError("The items of this data have no classes.")
    assert label is not None
    return np.isin(label[positions], wanted)


def _with_words(content: Content, split: str, places: Index, query: str) -> tuple[Index, bool]:
    """The places of items in which all the words occur."""
    words = query.split()
    if not words:
        return places, True
    until = time.monotonic() + PATIENCE
    kept: list[int] = []
    for looked, place in enumerate(places):
        if looked % 64 == 0 and time.monotonic() > until:
            return np.array(kept, dtype=np.int64), False
        said = text_of(content, split, int(place))
        if all(word in said for word in words):
            kept.append(int(place))
    return np.array(kept, dtype=np.int64), True


def text_of(content: Content, split: str, place: int) -> str:
    """All that can be read of an item, in small letters: its class, texts, and the values of its row."""
    position = show.position_of(content, split, place)
    said = [show.label_of(content, position)]
    rows = {len(content.arrays[name]) for name in content.schema.outputs if name in content.arrays}
    raw = [array for array in content.arrays.values() if array.dtype.kind in "US" and len(array) in rows]
    said += [str(value) for array in raw for value in np.atleast_1d(array[position]).ravel()]
    if not raw and content.schema.kind not in _DRAWN:
        for part in show.items(content, split, [place])[0]["parts"]:
            said += _words(part)
    return "\n".join(said).casefold()


def _words(part: Mapping[str, Any]) -> list[str]:
    if part.get("kind") in ("text", "value"):
        return [str(part.get("text", ""))]
    values = part.get("cells") or part.get("values") or ()
    return [f"{value:.4g}" if isinstance(value, float) else str(value) for value in values]


def _damaged_none(count: Callable[[], dict[str, dict[str, int]]]) -> dict[str, dict[str, int]]:
    """Counts, or none where a damaged copy cannot be counted: its items are told one by one."""
    try:
        return count()
    except (IndexError, ValueError):
        return {}
