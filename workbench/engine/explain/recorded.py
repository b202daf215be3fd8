"""How the layers of a run were distributed over its training, from what its Layer histograms probe recorded.

Imports NumPy, the store's records and the context.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.engine.service import asked
from workbench.engine.service.context import Context
from workbench.store.records import Media

KINDS = ("weights", "gradients", "outputs")
_MOST_LAYERS, _MOST_TIMES, _MOST_BINS = 64, 60, 400
_BINS = 40
_TAIL = 0.002
"""Of each histogram such a share at either end need not be shown: else one stray number squeezes the rest."""
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Recorded:
    """One histogram: counts in equal parts of a range."""

    low: float
    high: float
    counts: Numbers
    mean: float
    std: float
    odd: int

    def _cumulated(self) -> tuple[Numbers, Numbers] | None:
        """The edges of its parts, and the share of the numbers below each; None where all are the same one."""
        total = self.counts.sum()
        if self.high <= self.low or total <= 0:
            return None
        shares = np.concatenate([[0.0], self.counts.cumsum() / total])
        return np.linspace(self.low, self.high, len(self.counts) + 1), shares

    def below(self, values: Numbers) -> Numbers:
        """The share of the numbers that are at most so large."""
        if (cumulated := self._cumulated()) is None:
            return np.asarray(values >= self.low, dtype=np.float64)
        found: Numbers = np.interp(values, *cumulated)
        return found

    def middle(self) -> tuple[float, float]:
        """Between which values nearly all of the numbers lie."""
        if (cumulated := self._cumulated()) is None:
            return self.low, self.high
        edges, shares = cumulated
        first = int(np.searchsorted(shares, _TAIL, "right")) - 1
        last = int(np.searchsorted(shares, 1 - _TAIL, "left"))
        return float(edges[first]), float(edges[last])


def recorded(context: Context, request: Mapping[str, Any]) -> dict[str, Any]:
    """{"probe", "epochs", "epoch", "layers", "left_out"}: of each layer {"name", "weights", "gradients", "outputs"}.

    Each of these has "low" and "high", and for each of the epochs in "rows" the share of the numbers in each of
    equally wide parts of that range, in "mean", "std" and "odd" (no finite numbers) what else was recorded; null where
    nothing was. Of many epochs some are taken, the first and the last among them; `epoch` is that of the weights that
    are looked into. Without a record, or where all are damaged, there are no layers.
    """
    run = asked.run(request)
    media = [each for each in context.store.media(run) if each.kind == "histograms"]
    probe = media[-1].probe if media else ""
    looks = sorted(
        {each.epoch: found for each in media if each.probe == probe and (found := _parsed(each))}.items()
    )
    places = np.unique(
        np.linspace(0, max(0, len(looks) - 1), min(_MOST_TIMES, len(looks))).round().astype(int)
    )
    looks = [looks[place] for place in places.tolist()]
    names = list(looks[-1][1]) if looks else []
    return {
        "probe": probe,
        "epochs": [epoch for epoch, _ in looks],
        "epoch": context.opened(run, asked.checkpoint(request)).checkpoint.epoch,
        "layers": [_told(name, [found.get(name, {}) for _, found in looks]) for name in names[:_MOST_LAYERS]],
        "left_out": max(0, len(names) - _MOST_LAYERS),
    }


def _parsed(media: Media) -> dict[str, dict[str, Recorded]]:
    """The histograms of each layer; nothing of what is damaged."""
    with suppress(ValueError, TypeError, KeyError):
        layers = json.loads(media.data)["layers"]
        return {str(layer["name"]): dict(_of_layer(layer)) for layer in layers}
    return {}


def _of_layer(layer: Mapping[str, Any]) -> Iterator[tuple[str, Recorded]]:
    for kind in KINDS:
        if kind in layer and (found := _histogram(layer[kind])) is not None:
            yield kind, found


def _histogram(given: Mapping[str, Any]) -> Recorded | None:
    """None where no number was finite. Raises ValueError, TypeError or KeyError where it is damaged."""
    low, high, mean, std = (float(given[name]) for name in ("low", "high", "mean", "std"))
    counts = np.asarray(given["counts"], dtype=np.float64)
    if counts.ndim != 1 or len(counts) > _MOST_BINS or high < low:
        raise ValueError("no histogram")
    if not (
        all(map(math.isfinite, (low, high, mean, std))) and np.isfinite(counts).all() and (counts >= 0).all()
    ):
        raise ValueError("no numbers")
    return Recorded(low, high, counts, mean, std, int(given["odd"])) if len(counts) else None


def _told(name: str, story: Sequence[Mapping[str, Recorded]]) -> dict[str, Any]:
    told: dict[str, Any] = {"name": name}
    for kind in KINDS:
        found = [each.get(kind) for each in story]
        known = [each for each in found if each is not None]
        if not known:
            continue
        ends = [each.middle() for each in known]
        low, high = min(low for low, _ in ends), max(high for _, high in ends)
        if high <= low:  # the same number everywhere and always
            low, high = low - 0.5, high + 0.5
        edges = np.linspace(low, high, _BINS + 1)
        told[kind] = {
            "low": low,
            "high": high,
            "rows": [each and _shares(each, edges) for each in found],
            "mean": [each and each.mean for each in found],
            "std": [each and each.std for each in found],
            "odd": [each and each.odd for each in found],
        }
    return told


def _shares(each: Recorded, edges: Numbers) -> list[float]:
    below = each.below(edges)
    below[0] = 0.0 if each.low >= edges[0] else below[0]  # the least of all numbers is in the first part
    found: list[float] = np.diff(below).round(4).tolist()
    return found
