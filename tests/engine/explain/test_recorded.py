"""Histograms that a probe recorded, as a story over the epochs."""

import json
from types import SimpleNamespace
from typing import Any, cast

import pytest

from workbench.engine.explain.recorded import recorded
from workbench.engine.service.context import Context
from workbench.store.records import Media


def context(*media: Media) -> Context:
    store = SimpleNamespace(media=lambda run: list(media))
    opened = SimpleNamespace(checkpoint=SimpleNamespace(epoch=2))
    return cast(Context, SimpleNamespace(store=store, opened=lambda run, checkpoint: opened))


def bins(low: float, high: float, *counts: float, mean: float = 0.5, odd: int = 0) -> dict[str, Any]:
    return {"low": low, "high": high, "counts": list(counts), "mean": mean, "std": 0.1, "odd": odd}


def look(epoch: int, data: object, kind: str = "histograms") -> Media:
    return Media(epoch, 1, "histograms", cast(Any, kind), epoch, epoch, json.dumps(data).encode(), "")


def layer(name: str, **kinds: Any) -> dict[str, Any]:
    return {"name": name, **kinds}


def asked() -> dict[str, Any]:
    return {"run": 1}


def test_epochs_share_one_range_and_keep_their_shares() -> None:
    found = recorded(
        context(
            look(1, "a picture", "image"),
            look(1, {"layers": [layer("fc", weights=bins(0, 1, 10, 30), gradients=bins(0, 0, 5))]}),
            look(3, {"layers": [layer("fc", weights=bins(0, 4, 8, 0, 0, 8, odd=2)), layer("out")]}),
        ),
        asked(),
    )
    assert (found["epochs"], found["epoch"], found["left_out"]) == ([1, 3], 2, 0)
    fc, out = found["layers"]
    assert out == {"name": "out"} and "outputs" not in fc
    assert (fc["weights"]["low"], fc["weights"]["high"], fc["weights"]["odd"]) == (0, 4, [0, 2])
    first, last = fc["weights"]["rows"]
    assert sum(first[:5]) == pytest.approx(0.25) and sum(first[5:10]) == pytest.approx(0.75)
    assert not any(first[10:]) and sum(last[:10]) == pytest.approx(0.5) == pytest.approx(sum(last[30:]))
    still, nothing = fc["gradients"]["rows"]
    assert max(still) == sum(still) == 1 and nothing is None, "all of one value, and an epoch without"
    assert fc["gradients"]["mean"] == [0.5, None]


def test_a_stray_number_squeezes_nothing_and_many_epochs_are_thinned() -> None:
    stray = bins(0, 100, 99_999, *[0] * 98, 1)
    many = [look(epoch, {"layers": [layer("fc", weights=stray)]}) for epoch in range(1, 500)]
    found = recorded(context(*many), asked())
    assert found["layers"][0]["weights"]["high"] == 1
    assert len(found["epochs"]) == 60 and found["epochs"][0] == 1 and found["epochs"][-1] == 499


@pytest.mark.parametrize(
    "data",
    [
        "no layers",
        {"layers": [{"weights": 1}]},
        {"layers": [layer("fc", weights=bins(0, 1))]},
        {"layers": [layer("fc", weights={**bins(2, 1, 3), "mean": 1})]},
        {"layers": [layer("fc", weights=bins(0, 1, -3))]},
        {"layers": [layer("fc", weights=bins(0, 1, 3, mean=float("nan")))]},
    ],
)
def test_what_is_damaged_tells_nothing(data: object) -> None:
    found = recorded(context(look(1, data)), asked())
    assert not any("weights" in each for each in found["layers"])
    assert recorded(context(), asked())["layers"] == []
