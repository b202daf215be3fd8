"""What earlier runs of this workspace took, so that the next estimate is better; and what a queued run is expected to.

Imports catalog, devices and the store's records.
"""

from collections.abc import Mapping
from typing import Any

from workbench.catalog.check import Analysis
from workbench.catalog.costs import Measured, estimate, seconds
from workbench.catalog.nodes.data import Dataset
from workbench.jobs.devices import devices
from workbench.jobs.settings import ESTIMATE
from workbench.store.records import RunRecord
from workbench.store.store import Store

SECONDS, MEMORY, WORK, DEVICE = (f"{ESTIMATE}{name}" for name in ("seconds", "memory", "work", "device"))
"""Where a run's estimate stands: seconds an epoch, bytes, uncorrected seconds an epoch, kind of device."""
_LATEST = 50
_WHOLE_ENOUGH = 5
"""Epochs after which one that is not whole no longer matters."""


def expected(store: Store, analysis: Analysis, device: str) -> dict[str, Any]:
    """The estimate of a run that is about to be queued, as it is kept with its settings."""
    found = estimate(analysis, training_items(store, analysis))
    kind = kind_of(device)
    if found is None or kind not in found.work:  # the runner says of a device that it does not know it
        return {}
    work = found.work[kind]
    return {
        SECONDS: seconds(work, history(store).get(kind, [])),
        MEMORY: found.memory,
        WORK: work,
        DEVICE: kind,
    }


def training_items(store: Store, analysis: Analysis) -> dict[str, int]:
    """How many examples of each dataset train, as far as the workspace knows: samples are not registered."""
    named = {info.kind.dataset for info in analysis.root.infos.values() if isinstance(info.kind, Dataset)}
    found = {record.id: record.splits.get("train") for record in store.datasets() if record.id in named}
    return {id: count for id, count in found.items() if isinstance(count, int)}


def history(store: Store) -> dict[str, list[Measured]]:
    """By kind of device, what the latest completed runs took for an epoch."""
    done = [run for run in store.runs() if run.state == "completed" and seconds_an_epoch(run) > 0][:_LATEST]
    params = store.params_of(run.id for run in done)
    found: dict[str, list[Measured]] = {}
    for run in done:
        entry = measured(run, params.get(run.id, {}))
        if entry is not None:
            found.setdefault(kind_of(run.used_device), []).append(entry)
    return found


def measured(run: RunRecord, params: Mapping[str, Any]) -> Measured | None:
    """How a run compares with its estimate; None where it has none, ran on something else, or ended within one of its
    first epochs, which then counts as a whole one.
    """
    if params.get("training.steps") == run.step and run.epoch < _WHOLE_ENOUGH:
        return None
    work, taken = params.get(WORK), seconds_an_epoch(run)
    if not isinstance(work, int | float) or work <= 0 or taken <= 0:
        return None
    return Measured(float(work), taken) if params.get(DEVICE) == kind_of(run.used_device) else None


def seconds_an_epoch(run: RunRecord) -> float:
    """Measured seconds of an epoch; 0 before the first one is done. A run that went on in pieces cannot be told."""
    if not run.started or not run.epoch or run.resumed_from:
        return 0.0
    until = run.ended or run.heartbeat
    return max(0.0, until - run.started) / run.epoch


def kind_of(device: str) -> str:
    """What kind of device is asked for: "auto" is the first that this machine has."""
    known = devices()
    if device == "auto":
        return known[0].kind
    return next((each.kind for each in known if device in (each.id, each.kind)), device.partition(":")[0])
