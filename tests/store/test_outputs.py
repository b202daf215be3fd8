import math
from collections.abc import Callable

import pytest

from workbench.core.errors import StoreError
from workbench.store.records import RunRecord
from workbench.store.store import Store

AddRun = Callable[..., RunRecord]


def test_media_come_back_as_they_were_and_by_cursor(store: Store, add_run: AddRun) -> None:
    run, other = add_run().id, add_run().id
    store.add_media(run, "samples", "image", 10, 1, b"\x89PNG\x00", "after an epoch")
    store.add_media(other, "samples", "text", 10, 1, "wär es".encode())
    store.add_media(run, "confusion", "matrix", 20, 2, b"[[1, 0], [0, 1]]")
    first, second = store.media(run)
    assert (first.probe, first.kind, first.step, first.epoch) == ("samples", "image", 10, 1)
    assert (first.data, first.caption, first.run) == (b"\x89PNG\x00", "after an epoch", run)
    assert store.media(run, after=first.id) == [second]
    assert store.media(run, after=second.id) == []


def test_log_lines_come_in_order_and_by_cursor(store: Store, run: int) -> None:
    store.log(run, "info", "begins")
    store.log(run, "warning", "the loss became NaN at step 7")
    first, second = store.log_lines(run)
    assert (first.level, first.text, second.level) == ("info", "begins", "warning")
    assert 0 < first.time <= second.time
    assert store.log_lines(run, after=first.id) == [second]


def test_checkpoints_are_listed_newest_first(store: Store, run: int) -> None:
    first = store.add_checkpoint(run, 100, 1, "best", f"runs/{run}/best.safetensors", "ab" * 32, 1234, 0.25)
    second = store.add_checkpoint(run, 200, 2, "last", f"runs/{run}/last.safetensors", "cd" * 32, 1234)
    assert store.checkpoints(run)[1] == first and first.value == 0.25
    newest = store.checkpoints(run)[0]
    assert (newest.id, newest.kind, newest.bytes) == (second.id, "last", 1234) and math.isnan(newest.value)
    store.remove_checkpoint(first.id)
    assert [each.id for each in store.checkpoints(run)] == [second.id]


@pytest.mark.parametrize("outside", ["../experiments.db", "/etc/passwd", "runs/../../x"])
def test_a_path_out_of_the_workspace_is_refused(store: Store, run: int, outside: str) -> None:
    with pytest.raises(StoreError, match="leads out of the folder"):
        store.add_checkpoint(run, 1, 1, "last", outside, "", 0)
    with pytest.raises(StoreError, match="leads out of the folder"):
        store.file(outside)
    assert store.file("runs/1/last.pt") == store.files / "runs" / "1" / "last.pt"
