import random
import struct
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from tests.engine.readers import published
from tests.readings import detected
from workbench.core.errors import DataError
from workbench.engine.readers.detect import detect
from workbench.engine.readers.mat_files import read_variable, variables


def test_svhn_has_its_classes_and_its_own_test_images(tmp_path: Path) -> None:
    made = published.svhn(tmp_path)
    assert detect(tmp_path)[0] == ("matlab", "test_32x32.mat begins as a MATLAB file does")
    found = detected(tmp_path)
    assert found.sizes == {"train": 30, "validation": 0, "test": 20} and not found.problems
    assert found.schema.labels == tuple(str(n) for n in range(1, 11))
    assert found.schema.outputs["image"].shape == ("N", 3, 32, 32)
    assert (found.tensors["image"][-20:].numpy() == made["test"].transpose(3, 2, 0, 1)).all()
    assert found.tensors["label"][-20:].tolist() == [n % 10 for n in range(20)]


def test_one_file_is_read_alone_and_the_extra_ones_only_so(tmp_path: Path) -> None:
    published.svhn(tmp_path)
    (tmp_path / "test_32x32.mat").rename(tmp_path / "extra_32x32.mat")
    both = detected(tmp_path)
    assert sum(both.sizes.values()) == 30 and "extra_32x32.mat is left out" in both.problems[0]
    assert sum(detected(tmp_path / "extra_32x32.mat").sizes.values()) == 20


@pytest.mark.parametrize("packed", [True, False])
def test_arrays_are_those_that_scipy_reads(tmp_path: Path, packed: bool) -> None:
    file = tmp_path / "any.mat"
    wanted: dict[str, object] = {
        "double": np.arange(6.0).reshape(2, 3),
        "single": np.array([[1.5]], np.float32),
        "whole": np.array([[-3, 4]], np.int16),
        "many": np.arange(24, dtype=np.uint8).reshape(2, 3, 4),
        "none": np.zeros((0, 3)),
        "wide": np.array([[2**60]], np.uint64),
    }
    others = {"words": "text", "complex": np.array([[1 + 2j]]), "cell": np.array(["a", 1], dtype=object)}
    scipy.io.savemat(file, {**wanted, **others, "record": {"x": 1}}, do_compression=packed)
    found = {each.name: read_variable(file, each) for each in variables(file)}
    assert list(found) == list(wanted)
    read = scipy.io.loadmat(file)
    assert all((found[name] == read[name]).all() and found[name].shape == read[name].shape for name in wanted)


def test_numbers_of_the_other_byte_order_and_in_fewer_bytes(tmp_path: Path) -> None:
    file = tmp_path / "old.mat"
    flags = struct.pack(">IIII", 6, 8, 6, 0)
    sizes = struct.pack(">IIii", 5, 8, 1, 3)
    name = struct.pack(">HH4s", 1, 1, b"a")
    numbers = struct.pack(">IIhhhxx", 3, 6, 1, -2, 300)
    body = flags + sizes + name + numbers
    head = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack(">H2s", 0x0100, b"MI")
    file.write_bytes(head + struct.pack(">II", 14, len(body)) + body)
    assert read_variable(file, variables(file)[0]).tolist() == [[1.0, -2.0, 300.0]]


def test_arrays_can_be_named(tmp_path: Path) -> None:
    arrays = {
        "pictures": published.noise(8, 6, 10), "larger": published.noise(9, 9, 10), "odd": np.arange(10.0) + 0.5,
        "kind": np.arange(10) % 2,
    }  # fmt: skip
    scipy.io.savemat(tmp_path / "mine.mat", arrays)
    found = detected(tmp_path, options={"images": "pictures", "labels": "kind"})
    assert found.schema.outputs["image"].shape == ("N", 1, 8, 6) and found.schema.labels == ("0", "1")
    for options, words in (
        ({"images": "nothing"}, r"has no array “nothing”; it has pictures \(8×6×10 bytes\)"),
        ({"images": "odd"}, r"odd in .* is no set of pictures: it has 1×10 numbers"),
        ({"labels": "pictures"}, r"pictures in .* 10 classes of the pictures are needed"),
        ({"labels": "odd"}, r"odd in .*mine\.mat has 0\.5 as class of picture 1"),
    ):
        with pytest.raises(DataError, match=words):
            detected(tmp_path, options=options)


def test_pictures_without_classes_are_read_without(tmp_path: Path) -> None:
    scipy.io.savemat(tmp_path / "a.mat", {"X": published.noise(4, 4, 3, 5)})
    found = detected(tmp_path)
    assert not found.schema.labels and "has no classes of its 5 pictures" in found.problems[0]


def test_files_that_cannot_be_meant_are_named(tmp_path: Path) -> None:
    published.svhn(tmp_path)
    (tmp_path / "train2.mat").write_bytes((tmp_path / "train_32x32.mat").read_bytes())
    with pytest.raises(DataError, match=r"several files that could be meant: .*train2\.mat"):
        detected(tmp_path, reader="matlab")
    scipy.io.savemat(tmp_path / "train2.mat", {"words": "text"})
    with pytest.raises(DataError, match=r"train2\.mat holds no pictures: .* it has no arrays of numbers"):
        detected(tmp_path / "train2.mat", reader="matlab")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            b"MATLAB 7.3 MAT-file".ljust(512),
            r"version 7\.3 \(HDF5\), which cannot be read; save it with “-v7”",
        ),
        (b"MATLAB 4", r"is no MATLAB file of the versions 5 to 7\.2"),
        (b"anything else".ljust(200), r"is no MATLAB file of the versions 5 to 7\.2"),
    ],
)
def test_other_files_are_refused_with_the_reason(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "a.mat").write_bytes(content)
    with pytest.raises(DataError, match=rf"a\.mat .*{words}"):
        detected(tmp_path / "a.mat", reader="matlab")


def test_sizes_that_lie_cost_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a.mat"
    scipy.io.savemat(file, {"X": np.zeros((32, 32, 3, 4), np.uint8)})
    data = bytearray(file.read_bytes())
    at = data.index(struct.pack("<4i", 32, 32, 3, 4))
    data[at : at + 16] = struct.pack("<4i", 32, 32, 3, 10**6)
    tag = data.index(struct.pack("<II", 2, 12_288))
    data[tag : tag + 8] = struct.pack("<II", 2, 3_072_000_000)
    file.write_bytes(data)
    with pytest.raises(DataError, match=r"a\.mat is a damaged MATLAB file \(X is cut off\)"):
        detected(file, reader="matlab")


def test_damage_anywhere_is_a_sentence_with_the_name(tmp_path: Path) -> None:
    published.svhn(tmp_path)
    healthy = (tmp_path / "train_32x32.mat").read_bytes()
    chance = random.Random(0)
    refused = fine = 0
    for _ in range(60):
        data = bytearray(healthy[: chance.choice((len(healthy), chance.randrange(len(healthy))))])
        for _ in range(chance.randrange(1, 4)):
            place = chance.randrange(min(len(data), chance.choice((300, len(data)))) or 1)
            data[place : place + 1] = chance.randbytes(1)
        (tmp_path / "train_32x32.mat").write_bytes(data)
        try:
            detected(tmp_path, reader="matlab")
        except DataError as error:
            refused += "train_32x32.mat" in str(error)
        else:
            fine += 1
    assert refused > 40 and refused + fine == 60
