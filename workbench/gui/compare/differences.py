"""What differs between runs: their results, what they are, their settings.  Imports records and runs' metrics."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from workbench.core import text
from workbench.gui.runs import metrics
from workbench.gui.runs.table_model import spent
from workbench.gui.store_thread import Summaries
from workbench.jobs.settings import ENVIRONMENT, ESTIMATE
from workbench.store.records import RunRecord, Summary

Tone = Literal["", "better", "worse", "changed"]
_MISSING: Final = object()
_OUTCOMES: Final = ("state", "epochs done", "duration")
"""Facts that follow from the others; colour would draw the eye away from causes."""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing compared: a text for each run and how it stands to the base run's."""

    name: str
    texts: tuple[str, ...]
    tones: tuple[Tone, ...]
    best: int = -1
    """Which of them is the best result; -1 where there is no better and worse, or a tie."""
    gaps: bool = False
    """A run that says nothing does not differ: it was made before this was recorded."""

    @property
    def differs(self) -> bool:
        return len(set(self.texts) - ({text.NONE} if self.gaps else set())) > 1


def differences(
    runs: Sequence[RunRecord],
    params: Mapping[int, Mapping[str, Any]],
    summaries: Summaries,
    base: int,
    *,
    only: bool = True,
) -> list[Row]:
    """Results first, then facts, then settings; `base` is the place of the run that the others are held against.

    With `only`, rows in which all runs say the same are left out.
    """
    rows = [*_results(runs, summaries, base), *_facts(runs, base), *_settings(runs, params, base)]
    return [row for row in rows if row.differs] if only and len(runs) > 1 else rows


def _results(runs: Sequence[RunRecord], summaries: Summaries, base: int) -> Iterable[Row]:
    mine = [summaries.get(run.id, {}) for run in runs]
    recorded = metrics.recorded(mine)
    known = set(recorded)
    others: dict[str, list[str]] = {}
    """Metrics of runs from elsewhere that name no split, or one that is called otherwise."""
    for metric in recorded:
        split, name = metrics.split_name(metric)
        if split not in metrics.SPLITS:
            others.setdefault(name, []).append(metric)
    for name in metrics.names(recorded):
        of_splits = [f"{split}/{name}" for split in metrics.SPLITS]
        for metric in (*(one for one in of_splits if one in known), *others.get(name, ())):
            found = [one.get(metric) for one in mine]
            if any(found):
                yield _result(name, metrics.split_name(metric)[0], found, base)


def _result(name: str, split: str, found: Sequence[Summary | None], base: int) -> Row:
    up = metrics.rises(one for one in found if one)
    values = [(one.max if up else one.min) if one else math.nan for one in found]
    texts = tuple(text.number(value) if one else text.NONE for one, value in zip(found, values, strict=True))
    tones: list[Tone] = []
    for value in values:
        ahead = value - values[base] if up else values[base] - value
        tones.append("better" if ahead > 0 else "worse" if ahead < 0 else "")
    known = [value for value in values if not math.isnan(value)]
    best = -1
    if known:
        top = max(known) if up else min(known)
        best = values.index(top) if values.count(top) == 1 and len(known) > 1 else -1
    told = {"test": f"{name} · test", "": f"{name} · best"}.get(split, f"{name} · best of {split}")
    return Row(text.one_line(told), texts, tuple(tones), best)


def _facts(runs: Sequence[RunRecord], base: int) -> Iterable[Row]:
    facts: dict[str, list[str]] = {
        "model": [text.one_line(run.model) for run in runs],
        "data": [text.one_line(run.dataset) or text.NONE for run in runs],
        "parameters": [text.count(run.parameters) for run in runs],
        "state": [run.state for run in runs],
        "epochs done": [text.whole(run.epoch) for run in runs],
        "duration": [text.duration(spent(run)) for run in runs],
        "device": [run.used_device or run.device for run in runs],
        "seed": [str(run.seed) for run in runs],
    }
    for name, texts in facts.items():
        plain: list[Tone] = [""] * len(texts)
        yield Row(name, tuple(texts), tuple(plain) if name in _OUTCOMES else _changed(texts, base))


def _settings(runs: Sequence[RunRecord], params: Mapping[int, Mapping[str, Any]], base: int) -> Iterable[Row]:
    if any(run.id not in params for run in runs):
        return  # still being read; what is not known yet is no difference
    mine = [params[run.id] for run in runs]
    for name in sorted({name for one in mine for name in one if not name.startswith(ESTIMATE)}, key=_order):
        values = [one.get(name, _MISSING) for one in mine]
        texts = tuple(text.NONE if value is _MISSING else text.value(value) for value in values)
        row = Row(name, texts, _changed(texts, base), gaps=name.startswith(ENVIRONMENT))
        plain: list[Tone] = [""] * len(texts)
        yield row if row.differs else replace(row, tones=tuple(plain))


def _order(name: str) -> tuple[int, str]:
    """How it was trained before what was trained, then where."""
    return (0 if name.startswith("training.") else 2 if name.startswith(ENVIRONMENT) else 1, name)


def _changed(texts: Sequence[str], base: int) -> tuple[Tone, ...]:
    return tuple("changed" if one != texts[base] else "" for one in texts)
