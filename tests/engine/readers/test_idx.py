import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.readings import loaded
from workbench.core.errors import DataError
from workbench.engine.readers import idx

Bytes = np.ndarray


def idx_bytes(array: Bytes, kind: int = 0x08) -> bytes:
    head = struct.pack(f">HBB{array.ndim}I", 0, kind, array.ndim, *array.shape)
    return head + array.tobytes()


def pixels(count: int, seed: int = 0) -> Bytes:
    return np.random.default_rng(seed).integers(0, 256, (count, 4, 5), dtype=np.uint8)


def classes(count: int) -> Bytes:
    return (np.arange(count) % 3).astype(np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Sixty images to train and twelve to test, the way MNIST is laid out; the test files are packed."""
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx_bytes(pixels(60)))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx_bytes(classes(60)))
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx_bytes(pixels(12, 1))))
    (tmp_path / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx_bytes(classes(12))))
    return tmp_path


def test_a_folder_like_mnist(folder: Path) -> None:
    data = loaded(idx.read, folder, {})
    assert data.sizes == {"train": 54, "validation": 6, "test": 12}
    assert dict(data.schema.facts) == {"classes": 3, "channels": 1, "height": 4, "width": 5}
    assert data.schema.labels == ("0", "1", "2")
    every = np.concatenate([pixels(60), pixels(12, 1)])
    assert np.array_equal(data.tensors["image"][:, 0].numpy(), every[data.rows.numpy()])
    assert torch.equal(data.tensors["label"], torch.where(data.rows < 60, data.rows, data.rows - 60) % 3)
    assert int(data.rows[60:].min()) == 60  # the files' own test items, and no others
    assert torch.bincount(data.tensors["label"][54:60]).tolist() == [2, 2, 2]
    assert data.problems == ()


def test_one_file_with_its_labels_is_split_here(folder: Path) -> None:
    data = loaded(idx.read, folder / "train-images-idx3-ubyte", {})
    assert data.sizes == {"train": 36, "validation": 12, "test": 12}


def test_images_without_labels_are_read_and_told(tmp_path: Path) -> None:
    file = tmp_path / "faces-images-idx3-ubyte"
    file.write_bytes(idx_bytes(pixels(20)))
    data = loaded(idx.read, file, {})
    assert list(data.schema.outputs) == list(data.tensors) == ["image"]
    assert "without labels" in data.problems[0]


def test_labels_that_do_not_begin_at_zero_keep_their_names(folder: Path) -> None:
    (folder / "train-labels-idx1-ubyte").write_bytes(idx_bytes((classes(60) * 2 + 1).astype(np.uint8)))
    (folder / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx_bytes(classes(12) * 2 + 1)))
    data = loaded(idx.read, folder, {})
    assert data.schema.labels == ("1", "3", "5")
    assert int(data.tensors["label"].max()) == 2


@pytest.mark.parametrize(("shape", "expected"), [((9, 4, 5, 3), (9, 3, 4, 5)), ((9, 3, 4, 5), (9, 3, 4, 5))])
def test_colours_come_first(tmp_path: Path, shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    (tmp_path / "images").write_bytes(idx_bytes(array))
    data = loaded(idx.read, tmp_path / "images", {})
    assert tuple(data.tensors["image"].shape) == expected
    first = array[data.rows.numpy()[0]]
    assert np.array_equal(
        data.tensors["image"][0].numpy(), first if shape == expected else first.transpose(2, 0, 1)
    )


def refused(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        loaded(idx.read, path, {})
    return str(caught.value)


@pytest.mark.parametrize("packed", [False, True])
def test_a_truncated_file_is_named_with_what_is_there(folder: Path, packed: bool) -> None:
    file = folder / "train-images-idx3-ubyte"
    content = idx_bytes(pixels(60))[:-7]
    file.write_bytes(gzip.compress(content) if packed else content)
    assert refused(folder) == (
        f"{file} is truncated: its header announces 1,200 bytes of content, 1,193 are there."
    )


def test_a_cut_gzip_file_is_named(folder: Path) -> None:
    file = folder / "t10k-images-idx3-ubyte.gz"
    file.write_bytes(file.read_bytes()[:-40])
    assert refused(folder).startswith(f"{file} is a damaged gzip file")


def test_a_cut_header_is_named(folder: Path) -> None:
    (folder / "train-labels-idx1-ubyte").write_bytes(b"\0\0\x08\x01\0\0")
    assert "train-labels-idx1-ubyte is truncated: its header needs 8 bytes, 6 are there" in refused(folder)


def test_more_content_than_announced_is_refused(folder: Path) -> None:
    (folder / "train-labels-idx1-ubyte").write_bytes(idx_bytes(classes(60)) + b"x")
    assert "more content than the 60 bytes" in refused(folder)


def test_a_header_that_announces_too_much_is_refused_unread(folder: Path) -> None:
    head = struct.pack(">HBB3I", 0, 0x08, 3, 4_000_000_000, 1000, 1000)
    (folder / "train-images-idx3-ubyte").write_bytes(head + b"x")
    assert "announces 4,000,000,000,000,000 bytes" in refused(folder)


def test_a_wrong_magic_number_is_shown(folder: Path) -> None:
    (folder / "train-labels-idx1-ubyte").write_bytes(b"PK\3\4 something else")
    assert "is no IDX file: it begins with 0x504b0304" in refused(folder)


def test_counts_that_differ_are_both_told(folder: Path) -> None:
    (folder / "train-labels-idx1-ubyte").write_bytes(idx_bytes(classes(59)))
    message = refused(folder)
    assert "train-labels-idx1-ubyte holds 59 labels" in message
    assert "train-images-idx3-ubyte holds 60 images" in message


def test_images_of_other_numbers_are_refused(folder: Path) -> None:
    floats = pixels(60).astype(">f4")
    (folder / "train-images-idx3-ubyte").write_bytes(idx_bytes(floats, 0x0D))
    assert "3 dimensions of float32 numbers" in refused(folder)


def test_test_images_of_another_size_are_refused(folder: Path) -> None:
    other = np.zeros((12, 4, 6), dtype=np.uint8)
    (folder / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx_bytes(other)))
    assert "are 1×4×6, those of the training file 1×4×5" in refused(folder)


def test_several_sets_in_a_folder_are_listed(folder: Path) -> None:
    (folder / "letters-train-images-idx3-ubyte").write_bytes(idx_bytes(pixels(3)))
    assert "letters-train-images-idx3-ubyte, train-images-idx3-ubyte" in refused(folder)


def test_the_file_of_labels_is_not_the_data(folder: Path) -> None:
    assert "holds labels; name the file of images" in refused(folder / "train-labels-idx1-ubyte")


def test_fashion_mnist(shared_data: Path) -> None:
    data = loaded(idx.read, shared_data / "fashion_mnist", {})
    assert data.sizes == {"train": 55_000, "validation": 5_000, "test": 10_000}
    assert torch.bincount(data.tensors["label"]).tolist() == [7_000] * 10
    # The mean grey level of the training images that everyone normalises with.
    whole = data.tensors["image"][:60_000].double().mean() / 255
    assert abs(float(whole) - 0.2860) < 1e-4
