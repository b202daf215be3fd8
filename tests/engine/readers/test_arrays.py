import io
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.readings import detected, loaded
from workbench.core.errors import DataError
from workbench.engine.readers import arrays, npy
from workbench.engine.readers.reader import Reading

PIXELS = np.random.default_rng(0).integers(0, 256, (30, 8, 8), dtype=np.uint8)
CLASSES = np.arange(30) % 3


def saved(path: Path, **content: np.ndarray) -> Path:
    save: Any = np.savez_compressed
    save(path, **content)
    return path


@pytest.mark.parametrize(
    ("x", "y"), [("x", "y"), ("images", "labels"), ("data", "target"), ("arr_0", "arr_1")]
)
def test_examples_and_their_labels(tmp_path: Path, x: str, y: str) -> None:
    content: dict[str, np.ndarray] = {x: PIXELS, y: CLASSES}
    data = detected(saved(tmp_path / "a.npz", **content))
    assert (data.reader, data.schema.kind, data.schema.labels) == ("arrays", "image", ("0", "1", "2"))
    assert tuple(data.tensors["image"].shape) == (30, 1, 8, 8)
    rows = data.rows.numpy()
    assert np.array_equal(data.tensors["image"][:, 0].numpy(), PIXELS[rows])
    assert np.array_equal(data.tensors["label"].numpy(), CLASSES[rows])


@pytest.mark.parametrize("pattern", ["x_{} y_{}", "{}_images {}_labels", "X{} Y{}", "{}X {}Y"])
def test_names_may_tell_the_splits(tmp_path: Path, pattern: str) -> None:
    x, y = pattern.split()
    content: dict[str, np.ndarray] = {}
    for split, part in (("test", slice(20, 24)), ("train", slice(0, 20)), ("val", slice(24, 30))):
        content |= {x.format(split): PIXELS[part], y.format(split): CLASSES[part, None]}
    data = detected(saved(tmp_path / "medical.npz", **content))
    assert data.sizes == {"train": 20, "validation": 6, "test": 4}
    assert np.array_equal(data.tensors["image"][data.splits["test"]][:, 0].numpy(), PIXELS[20:24])
    assert data.schema.outputs["label"].bound == 3


def test_files_of_a_folder_are_arrays_too(tmp_path: Path) -> None:
    for name, part in (("train", slice(0, 20)), ("test", slice(20, 30))):
        np.save(tmp_path / f"x_{name}.npy", PIXELS[part])
        np.save(tmp_path / f"y_{name}.npy", np.eye(3)[CLASSES[part]])
    data = detected(tmp_path)
    assert (data.reader, data.sizes["test"], data.schema.labels) == ("arrays", 10, ("0", "1", "2"))


@pytest.mark.parametrize(
    ("shape", "kind", "output", "expected"),
    [
        ((12, 5), "table", "features", (5,)),
        ((12, 50, 2), "series", "x", (50, 2)),
        ((12, 6, 7), "image", "image", (1, 6, 7)),
        ((12, 6, 7, 3), "image", "image", (3, 6, 7)),
        ((12, 3, 6, 7), "image", "image", (3, 6, 7)),
        ((12, 6, 7, 8), "volume", "volume", (1, 6, 7, 8)),
        ((12, 6, 7, 8, 1), "volume", "volume", (1, 6, 7, 8)),
    ],
)
def test_the_shape_tells_what_it_is(
    tmp_path: Path, shape: tuple[int, ...], kind: str, output: str, expected: tuple[int, ...]
) -> None:
    np.save(tmp_path / "a.npy", np.random.default_rng(0).normal(size=shape))
    data = detected(tmp_path / "a.npy")
    assert (data.schema.kind, tuple(data.tensors[output].shape[1:])) == (kind, expected)
    assert data.schema.outputs[output].shape == ("N", *expected)
    assert "Only" not in "".join(data.problems)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (PIXELS * 0.999, True),
        (PIXELS.astype(np.uint16) * 8, True),
        (PIXELS / 255, False),
        (PIXELS, False),
        (PIXELS - 9.5, False),
    ],
)
def test_pixels_that_are_not_divided_are_told(tmp_path: Path, values: np.ndarray, told: bool) -> None:
    data = detected(saved(tmp_path / "a.npz", x=values, y=CLASSES))
    assert any("stay as they are" in problem for problem in data.problems) == told
    assert not told or f"to {values.max():.6g} and" in data.problems[0]


def test_the_person_knows_better(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.npz", first=PIXELS.astype(np.float64) / 255, second=CLASSES, third=PIXELS)
    with pytest.raises(DataError, match=r"first \(30×8×8\), .*Name it in the option"):
        loaded(arrays.read, path)
    data = loaded(arrays.read, path, {"data": "first", "labels": "second", "kind": "series"})
    assert tuple(data.tensors["x"].shape) == (30, 8, 8) and "label" in data.tensors
    assert data.problems == ("Not used: third.",)
    with pytest.raises(DataError, match='has no array "fourth"; it has first, second, third'):
        loaded(arrays.read, path, {"data": "fourth"})


def test_kinds_of_labels(tmp_path: Path) -> None:
    several = (np.arange(90).reshape(30, 3) % 4 < 2).astype(np.uint8)
    data = loaded(arrays.read, saved(tmp_path / "a.npz", x=PIXELS, y=several))
    assert tuple(data.tensors["labels"].shape) == (30, 3)
    data = loaded(arrays.read, saved(tmp_path / "b.npz", x=PIXELS, y=np.linspace(0, 1, 30)))
    assert tuple(data.tensors["target"].shape) == (30, 1)
    data = loaded(
        arrays.read, saved(tmp_path / "c.npz", images=PIXELS, masks=(PIXELS > 99).astype(np.uint8) * 255)
    )
    assert data.schema.outputs["mask"].bound == 2
    assert ((data.tensors["image"][:, 0] > 99) == (data.tensors["mask"] == 1)).all()


def test_a_table_is_standardised(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(7, 3, (50, 2))
    data = loaded(arrays.read, saved(tmp_path / "a.npz", x=x, y=x.sum(axis=1)))
    train = data.tensors["features"][data.splits["train"]]
    assert abs(float(train.mean())) < 1e-5 and abs(float(train.std()) - 1) < 0.02
    assert set(data.schema.outputs) == {"features", "target"}


def test_numbers_that_vary_little_for_their_size_stay_apart(tmp_path: Path) -> None:
    seconds = 1.7e9 + np.arange(100)
    content = saved(tmp_path / "a.npz", x=np.stack([seconds, np.full(100, 0.1)], 1), y=seconds + 0.5)
    data = loaded(arrays.read, content)
    places = data.rows.numpy()
    for values in (data.tensors["features"][:, 0], data.tensors["target"][:, 0]):
        train = values[: data.sizes["train"]].numpy()
        assert abs(train.mean()) < 1e-5 and train.std() == pytest.approx(1, abs=1e-5)
        assert (
            np.corrcoef(values.numpy(), places)[0, 1] == pytest.approx(1) and len(set(values.tolist())) == 100
        )
    assert float(data.tensors["features"][:, 1].abs().max()) < 1e-6


def test_floats_that_are_pixels_are_kept_as_bytes(tmp_path: Path) -> None:
    content = arrays.read(saved(tmp_path / "a.npz", x=PIXELS.astype(np.float64)), Reading())
    assert content.arrays["image"].dtype == np.uint8 and content.divisors == {"image": 255}
    half = arrays.read(saved(tmp_path / "b.npz", x=(PIXELS / 255).astype(np.float16)), Reading())
    assert half.arrays["image"].dtype == np.float16 and half.divisors == {}


def test_values_that_are_no_numbers_are_told(tmp_path: Path) -> None:
    x = np.zeros((12, 5))
    x[3, 2] = np.nan
    assert loaded(arrays.read, saved(tmp_path / "a.npz", x=x)).problems == (
        "1 values are no numbers (NaN or infinite) and become 0.",
    )
    y = np.linspace(0, 1, 12)
    y[2] = np.nan
    assert "1 of the targets" in refused(saved(tmp_path / "b.npz", x=x, y=y))


def refused(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        loaded(arrays.read, path)
    assert str(path.parent) in str(caught.value)
    return str(caught.value)


class Trap:
    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("trapped",)


def test_objects_are_never_unpickled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    trap = np.array([Trap()], dtype=object)
    np.save(tmp_path / "a.npy", trap, allow_pickle=True)
    np.savez(tmp_path / "b.npz", x=PIXELS, y=trap)
    assert "it holds Python objects (a pickle), which may run programs" in refused(tmp_path / "a.npy")
    assert 'The array "y" in' in refused(tmp_path / "b.npz")
    np.savez(tmp_path / "c.npz", x=PIXELS, notes=trap)
    told = loaded(arrays.read, tmp_path / "c.npz", {}).problems
    assert any(
        'The array "notes" in' in problem and "is left out: it holds Python" in problem for problem in told
    )
    assert not (tmp_path / "trapped").exists()


def test_damaged_files_are_named(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", PIXELS)
    whole = (tmp_path / "a.npy").read_bytes()
    (tmp_path / "b.npy").write_bytes(whole[:-50])
    assert "50 bytes are missing" in refused(tmp_path / "b.npy")
    (tmp_path / "c.npy").write_bytes(b"x" * 300)
    assert "c.npy cannot be read as an array: it does not begin as an array of NumPy does." in refused(
        tmp_path / "c.npy"
    )
    (tmp_path / "d.npz").write_bytes(saved(tmp_path / "e.npz", x=PIXELS).read_bytes()[:500])
    assert "no .npz file, or a damaged one" in refused(tmp_path / "d.npz")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("x.npy", whole[:-50])
    (tmp_path / "f.npz").write_bytes(stream.getvalue())
    assert 'The array "x" in' in refused(tmp_path / "f.npz")
    giant = whole.replace(b"(30, 8, 8), }", b"(3000000,999999999), }"[:13].ljust(13))
    (tmp_path / "g.npy").write_bytes(giant)
    refused(tmp_path / "g.npy")


def test_an_archive_of_a_later_kind_is_named(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.npz", x=PIXELS)
    content = bytearray(path.read_bytes())
    content[content.rfind(b"PK\x01\x02") + 6] = 210
    path.write_bytes(content)
    assert "zip file version 21" in refused(path)


def test_sizes_that_do_not_go_together_are_refused(tmp_path: Path) -> None:
    assert '"x" in' in refused(saved(tmp_path / "a.npz", x=PIXELS, y=CLASSES[:29]))
    assert "different shapes" in refused(saved(tmp_path / "b.npz", x_train=PIXELS, x_test=PIXELS[:, :4]))
    assert "All labels in" in refused(saved(tmp_path / "c.npz", x=PIXELS, y=CLASSES * 0))
    assert "there are no examples" in refused(saved(tmp_path / "d.npz", x=PIXELS[:0], y=CLASSES[:0]))


def test_what_was_unpacked_is_gone_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.engine.readers.npy._CHUNK", 64)
    path = saved(tmp_path / "a.npz", x=PIXELS, y=CLASSES)
    (tmp_path / "copy").mkdir()
    content = arrays.read(path, Reading(folder=tmp_path / "copy"))
    assert os.listdir(tmp_path / "copy") == ["image.npy"]
    assert np.array_equal(content.arrays["image"][:, 0], PIXELS)
    look = arrays.read(path, Reading(limit=15))
    assert look.schema.items == 15


def test_an_array_that_announces_more_than_is_there_gets_no_room(tmp_path: Path) -> None:
    head = io.BytesIO()
    facts = {"shape": (2**30, 10), "fortran_order": False, "descr": "<f4"}
    np.lib.format.write_array_header_1_0(head, facts)
    file, copy = tmp_path / "large.npz", tmp_path / "copy"
    copy.mkdir()
    with zipfile.ZipFile(file, "w") as members:
        members.writestr("x.npy", head.getvalue() + bytes(400))
    with (
        pytest.raises(DataError, match=r"array .x. in.* 42,949,672,960 bytes are announced"),
        npy.opened(file, Reading(folder=copy), lambda name: True),
    ):
        pass
    assert list(copy.iterdir()) == []
