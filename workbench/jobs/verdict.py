"""Whether runs differ by more than their seeds do, in words.  Imports records and seeds, and SciPy when it is asked."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from workbench.core import text
from workbench.jobs import seeds
from workbench.jobs.seeds import Contrast, Sample
from workbench.store.records import RunRecord

MOST_NAMED: Final = 3
TOO_FEW: Final = "Too few seeds to say whether that is more than chance"
TRAIN_MORE: Final = "Train it with other seeds, too"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: how these runs stand to the group of the base run in one figure (where rising is better)."""

    runs: tuple[RunRecord, ...]
    base: int
    metric: str
    rising: bool
    values: Mapping[int, float]
    params: Mapping[int, Mapping[str, Any]]


def answer(asked: Question, programs: Mapping[int, str]) -> str:
    """The verdict, in one or several sentences."""
    done = [run for run in asked.runs if run.state == "completed"]
    by_id = {run.id: run for run in done}
    found = seeds.groups(done, asked.params, programs)
    samples = [seeds.sample([by_id[id] for id in ids], asked.values) for ids in found]
    missing = sorted({run.id for run in asked.runs} - set(by_id))
    missing += [id for one in samples for id in one.left_out]
    samples = [one for one in samples if one.runs]
    base = next((one for one in samples if asked.base in one.runs), None)
    told = []
    if base is None:
        told.append(f"#{asked.base} has no result yet that others can be held against.")
    elif len(samples) == 1:
        told.append(_alone(base, asked.metric))
    else:
        others = [one for one in samples if one is not base]
        contrasts = [seeds.compare(base, one) for one in others]
        tested = [one.p for one in contrasts if one is not None]
        corrected = iter(seeds.holm(tested))
        for one, contrast in zip(others, contrasts, strict=True):
            p = next(corrected) if contrast is not None else math.nan
            told.append(_sentence(base, one, contrast, p, len(tested), asked))
        few = [id for one in (base, *others) if len(one.values) < 2 for id in one.runs]
        if few:
            told.append(f"{TOO_FEW}; train {_named(few)} with two or more other seeds.")
    if missing:
        told.append(f"Not counted: {_named(sorted(set(missing)))}, without a final result.")
    return " ".join(told)


def _alone(only: Sample, metric: str) -> str:
    n = len(only.values)
    if n < 2:
        return f"{_named(only.runs)}: {metric} {text.number(only.mean)}. {TRAIN_MORE}, to see how much chance is in it."
    return (
        f"{_named(only.runs)} differ in nothing but the seed: {metric} {_mean(only)} "
        f"(mean of {n} seeds, 95 % confidence)."
    )


def _sentence(
    base: Sample, other: Sample, contrast: Contrast | None, p: float, tests: int, asked: Question
) -> str:
    one, two = _named(base.runs), _named(other.runs)
    means = f"{asked.metric} {_mean(other)} against {_mean(base)}"
    if contrast is None:
        return f"{two} against {one}: {means}."
    if contrast.exact:
        if contrast.p == 1.0:
            return f"{two} {_are(other)} exactly as good as {one}: {means}."
        way = _way(contrast.difference, asked.rising)
        return f"{two} {_are(other)} {way} than {one} with every seed: {means}. The seeds make no difference."
    how = f"paired over {contrast.seeds} seeds" if contrast.paired else "Welch’s t-test"
    how += f", corrected for {tests} comparisons" if tests > 1 else ""
    apart = f"between {_signed(contrast.low)} and {_signed(contrast.high)}"
    if p < 1 - seeds.LEVEL:
        way = _way(contrast.difference, asked.rising)
        return f"{two} {_are(other)} {way} than {one}: {means}; the difference is {apart} ({_p(p)}, {how})."
    few = " With so few seeds only a large difference could be told." if contrast.seeds < seeds.FEW else ""
    do = "does" if len(other.runs) == 1 else "do"
    return (
        f"{two} {do} not differ from {one} beyond the noise of their seeds: {means}; "
        f"the difference is {apart} ({_p(p)}, {how}).{few}"
    )


def _way(difference: float, up: bool) -> str:
    return "better" if (difference > 0) == up else "worse"


def _are(one: Sample) -> str:
    return "is" if len(one.runs) == 1 else "are"


def _named(ids: Sequence[int]) -> str:
    shown = [f"#{id}" for id in ids]
    if len(shown) > MOST_NAMED:
        return f"{', '.join(shown[: MOST_NAMED - 1])} and {len(shown) - MOST_NAMED + 1} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _mean(one: Sample) -> str:
    half = one.half
    return text.number(one.mean) if math.isnan(half) else f"{text.number(one.mean)} ± {text.number(half, 2)}"


def _signed(value: float) -> str:
    return f"+{text.number(value, 3)}" if value > 0 else text.number(value, 3)


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {text.number(p, 2)}"
