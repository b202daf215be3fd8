"""Event files are read back with TensorBoard's own library."""

import io
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.engine.test_metric_files import run_with
from workbench.core.errors import JobError
from workbench.engine.tensorboard_files import masked, write
from workbench.store.records import Point
from workbench.store.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "experiments.db")
    yield opened
    opened.close()


def read(folder: Path) -> Any:
    module = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    found = module.EventAccumulator(str(folder), {module.SCALARS: 0, module.IMAGES: 0})
    return found.Reload()


def test_the_check_sum_is_that_of_the_standard() -> None:
    """RFC 3720, B.4: CRC-32C of 32 bytes of zeros is 8a9136aa; then masked as TensorFlow does."""
    crc = 0x8A9136AA
    wanted = (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF
    assert masked(bytes(32)) == wanted.to_bytes(4, "little")


def test_tensorboard_reads_what_was_recorded(store: Store, tmp_path: Path) -> None:
    values = [1.5, math.nan, math.inf, -math.inf, 1e300, -0.1, 0.0]
    points = [Point("train/loss", 300 * step, 1, value, 1e9 + step) for step, value in enumerate(values)]
    first = run_with(store, [*points, Point("validation/ä b", 2**40, 2, 7.0, 1e9)])
    picture = io.BytesIO()
    Image.new("RGB", (5, 3), "red").save(picture, "PNG")
    store.add_media(first, "drawn", "image", 9, 1, picture.getvalue())
    store.add_media(first, "texts", "text", 9, 1, b"words")
    second = run_with(store, [])
    assert write(store, [first, second], tmp_path / "out") == 8
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == [f"{first}-a", f"{second}-a"]
    found = read(tmp_path / "out" / f"{first}-a")
    assert set(found.Tags()["scalars"]) == {"train/loss", "validation/ä b"}
    events = found.Scalars("train/loss")
    assert [event.step for event in events] == [300 * step for step in range(7)]
    assert [event.wall_time for event in events] == [1e9 + step for step in range(7)]
    wanted = [1.5, math.nan, math.inf, -math.inf, math.inf, -0.1, 0.0]
    assert [event.value for event in events] == pytest.approx(wanted, rel=1e-6, nan_ok=True)
    assert found.Scalars("validation/ä b")[0].step == 2**40
    (image,) = found.Images("drawn")
    assert (image.width, image.height, image.step) == (5, 3, 9)
    assert image.encoded_image_string == picture.getvalue()
    assert read(tmp_path / "out" / f"{second}-a").Tags()["scalars"] == []


def test_a_folder_in_use_is_left_alone(store: Store, tmp_path: Path) -> None:
    run = run_with(store, [Point("m", 1, 1, 1.0, 1.0)])
    (tmp_path / "empty").mkdir()
    assert write(store, [run], tmp_path / "empty") == 1
    with pytest.raises(JobError, match="is there already; name a new folder"):
        write(store, [run], tmp_path / "empty")
    with pytest.raises(JobError, match="is there already"):
        write(store, [run], tmp_path / "experiments.db")
    with pytest.raises(Exception, match="no run 9"):
        write(store, [run, 9], tmp_path / "new")
    assert not (tmp_path / "new").exists() and not list(tmp_path.glob(".new*"))
