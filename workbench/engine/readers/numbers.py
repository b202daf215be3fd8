"""Datasets of ready numbers: features beside a class or a number to predict.

May import NumPy, the schema and core.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from workbench.catalog.schema import Schema, table_outputs
from workbench.engine.readers.content import Array, Content, Index

Floats = NDArray[np.float64]


def standard(values: Floats) -> tuple[float, float]:
    """Mean and standard deviation to six digits, the mean exactly where six would be off by a part of the deviation."""
    exact, std = float(values.mean()), float(f"{deviation(values):.6g}")
    mean = float(f"{exact:.6g}")
    return exact if abs(mean - exact) > std / 1_000 else mean, std


def deviation(values: NDArray[np.floating]) -> float:
    """The standard deviation, and 1 of constant values, of which the computed one is rarely 0."""
    return float(values.std()) or 1.0 if values.min() < values.max() else 1.0


def standardised(
    values: NDArray[np.generic], train: Index
) -> tuple[NDArray[np.float32], dict[str, float | int]]:
    """The number to predict of every item (N × 1) in units of the part to train on, and the facts that lead back."""
    numbers = values.astype(np.float64)
    mean, std = standard(numbers[train])
    return ((numbers - mean) / std).astype(np.float32)[:, None], target_facts(mean, std)


def target_facts(mean: float, std: float) -> dict[str, float | int]:
    """What a dataset tells of a number to predict that was standardised."""
    return {"target_mean": mean, "target_std": std}


def table_set(
    name: str,
    heading: str,
    features: NDArray[np.floating],
    target: NDArray[np.generic],
    labels: tuple[str, ...],
    splits: Mapping[str, Index],
) -> Content:
    """The dataset of ready features and a class (`labels` names them) or a number, standardised here."""
    facts: dict[str, float | int] = {"features": features.shape[1]}
    arrays: dict[str, Array] = {"features": np.asanyarray(features, dtype=np.float32)}
    if labels:
        facts = {"classes": len(labels), **facts}
        arrays["label"] = target.astype(np.int64)
    else:
        arrays["target"], known = standardised(target, splits["train"])
        facts |= known
    schema = Schema(
        id=name,
        title=heading,
        outputs=table_outputs(features.shape[1], classes=len(labels)),
        facts=facts,
        kind="table",
        items=len(features),
        labels=labels,
    )
    return Content(schema, arrays, splits)
