import pickle
import tarfile
from pathlib import Path

import numpy as np
import pytest

from tests.engine.readers import published
from tests.readings import detected, loaded
from workbench.core.errors import DataError
from workbench.engine.readers import binaries
from workbench.engine.readers.detect import detect
from workbench.engine.readers.reader import Reading


def test_cifar_10_has_its_classes_and_its_own_test_images(tmp_path: Path) -> None:
    made = published.cifar10(tmp_path)
    assert detect(tmp_path)[0] == ("binary", "its files have the names of CIFAR-10's")
    found = detected(tmp_path)
    assert found.sizes == {"train": 90, "validation": 10, "test": 20} and not found.problems
    assert found.schema.labels == tuple(published.CIFAR_10)
    assert found.schema.outputs["image"].shape == ("N", 3, 32, 32)
    last = found.tensors["image"][-1].numpy()
    assert (last == made["test_batch"][19, 1:].reshape(3, 32, 32)).all()
    assert found.tensors["label"][-20:].tolist() == [n % 10 for n in range(20)]


@pytest.mark.parametrize(("labels", "classes", "name"), [("", 100, "thing_7"), ("coarse", 20, "group_7")])
def test_cifar_100_has_classes_in_groups(tmp_path: Path, labels: str, classes: int, name: str) -> None:
    made = published.cifar100(tmp_path)
    assert detect(tmp_path)[0][0] == "binary"
    found = loaded(binaries.read, tmp_path, {"labels": labels})
    assert found.sizes["test"] == 100 and found.sizes["train"] + found.sizes["validation"] == 200
    assert len(found.schema.labels) == classes and found.schema.labels[7] == name
    assert found.tensors["label"][-100:].tolist() == made["test"][:, 0 if labels else 1].tolist()


def test_the_version_for_python_is_read_alike(tmp_path: Path) -> None:
    published.cifar10_python(tmp_path)
    assert detect(tmp_path)[0] == ("binary", "its files have the names of CIFAR-10 for Python's")
    found = detected(tmp_path)
    assert found.sizes == {"train": 40, "validation": 10, "test": 10}
    assert found.schema.labels == tuple(published.CIFAR_10)
    expected = published.noise(10, 3072, seed=5).reshape(10, 3, 32, 32)
    assert (found.tensors["image"][-10:].numpy() == expected).all()


def test_the_version_of_cifar_100_for_python_too(tmp_path: Path) -> None:
    published.cifar100_python(tmp_path)
    assert detect(tmp_path)[0][0] == "binary"
    found = loaded(binaries.read, tmp_path, {"labels": "coarse"})
    assert found.sizes["test"] == 100 and found.schema.labels[19] == "group_19"


def test_stl_10_is_stored_column_by_column_and_counts_from_one(tmp_path: Path) -> None:
    made = published.stl10(tmp_path)
    assert detect(tmp_path)[0] == ("binary", "its files have the names of STL-10's")
    found = detected(tmp_path)
    assert found.sizes == {"train": 20, "validation": 0, "test": 30}
    assert found.schema.labels[:3] == ("airplane", "bird", "car")
    assert (found.tensors["image"][-30:].numpy() == made["test"]).all()
    assert found.tensors["label"][-30:].tolist() == [n % 10 for n in range(30)]
    assert any('unlabeled_X.bin are left out; the option "unlabelled"' in said for said in found.problems)


def test_the_images_of_stl_10_without_class_can_be_had(tmp_path: Path) -> None:
    made = published.stl10(tmp_path)
    found = loaded(binaries.read, tmp_path, {"unlabelled": "yes"})
    assert sum(found.sizes.values()) == 5 and not found.schema.labels and "label" not in found.tensors
    assert (found.tensors["image"].numpy() == made["unlabeled"][found.rows.numpy()]).all()


def test_an_archive_is_read_as_it_was_downloaded(tmp_path: Path) -> None:
    inside = tmp_path / "cifar-10-batches-bin"
    inside.mkdir()
    published.cifar10(inside)
    archive = tmp_path / "cifar-10-binary.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(inside, "cifar-10-batches-bin")
    assert detect(archive)[0][0] == "binary"
    assert sum(detected(archive).sizes.values()) == 120
    assert sum(detected(tmp_path, reader="binary").sizes.values()) == 120


def test_a_look_takes_a_few_of_every_file(tmp_path: Path) -> None:
    published.cifar10(tmp_path)
    assert len(binaries.read(tmp_path, Reading(limit=12)).arrays["image"]) == 12


def test_what_is_missing_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    published.cifar10(tmp_path)
    (tmp_path / "data_batch_3.bin").unlink()
    (tmp_path / "batches.meta.txt").unlink()
    found = detected(tmp_path)
    assert sum(found.sizes.values()) == 100 and found.schema.labels == tuple("0123456789")
    assert "not whole: data_batch_3.bin is missing" in found.problems[0]
    assert "lacks batches.meta.txt" in found.problems[1]


def damaged(path: Path, change: bytes | None) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[:-7] if change is None else change)
    return path.parent


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("data_batch_2.bin", None, r"data_batch_2\.bin is damaged .* 61,453 bytes are not a whole number"),
        ("test_batch.bin", b"", r"test_batch\.bin is empty"),
        (
            "data_batch_1.bin",
            b"\x0b" + bytes(3072),
            r"data_batch_1\.bin is damaged: picture 1 has the class 11, but they go from 0 to 9",
        ),
    ],
)
def test_a_damaged_batch_is_named(tmp_path: Path, name: str, change: bytes | None, words: str) -> None:
    published.cifar10(tmp_path)
    with pytest.raises(DataError, match=words):
        detected(damaged(tmp_path / name, change), reader="binary")


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("train_y.bin", bytes(3), r"train_y\.bin has 3 classes, but .*train_X\.bin 20 pictures"),
        ("train_y.bin", bytes(20), r"train_y\.bin is damaged: picture 1 has the class 0, .* from 1 to 10"),
        ("test_X.bin", b"abc", r"test_X\.bin is damaged or another kind of file: its 3 bytes"),
    ],
)
def test_pictures_and_classes_of_stl_10_must_fit(
    tmp_path: Path, name: str, change: bytes, words: str
) -> None:
    published.stl10(tmp_path)
    with pytest.raises(DataError, match=words):
        detected(damaged(tmp_path / name, change), reader="binary")


class _Attack:
    def __reduce__(self) -> tuple[object, ...]:
        return print, ("executed",)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (_Attack(), r"data_batch_1 is no pickle of plain arrays: it asks for \S+\.print\. Nothing"),
        ([1], r"data_batch_1 holds a list where names and values are expected"),
        (
            {"data": np.zeros((2, 5), np.uint8), "labels": [0, 1]},
            r"data_batch_1 has no pictures of 3,072 bytes",
        ),
        ({"data": np.zeros((2, 3072), np.uint8), "labels": [0]}, r"1 classes of 2 pictures"),
        ({"data": np.zeros((1, 3072), np.uint8), "labels": ["a"]}, r"no list of classes under “labels”"),
        ({"data": np.zeros((1, 3072), np.uint8), "labels": [2**80]}, r"picture 1 has the class 256"),
    ],
)
def test_nothing_in_a_pickle_is_run(
    tmp_path: Path, facts: object, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    published.cifar10_python(tmp_path)
    with pytest.raises(DataError, match=words):
        detected(damaged(tmp_path / "data_batch_1", pickle.dumps(facts, protocol=2)), reader="binary")
    assert "executed" not in capsys.readouterr().out


def test_two_sets_in_one_folder_are_told_apart(tmp_path: Path) -> None:
    for name, make in (("a", published.cifar10), ("b", published.stl10)):
        (tmp_path / name).mkdir()
        make(tmp_path / name)
    with pytest.raises(
        DataError, match=r"several sets: CIFAR-10 \(a/.*\), STL-10 \(b/.*Name the folder of one"
    ):
        detected(tmp_path, reader="binary")


def test_other_folders_are_none_of_it(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "x.bin").write_bytes(b"1")
    assert binaries.READER.suits(tmp_path) == "" == binaries.READER.suits(tmp_path / "x.bin")
    with pytest.raises(DataError, match=r"has no files of CIFAR-10, .*STL-10 under the names"):
        detected(tmp_path, reader="binary")
