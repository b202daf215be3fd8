import gzip
import io
import shutil
import zipfile
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from tests.readings import detected, loaded
from workbench.core.errors import DataError
from workbench.engine.readers import volumes
from workbench.engine.readers.reader import Reading


def nifti(path: Path, array: np.ndarray, affine: np.ndarray | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel = import_module("nibabel")
    nibabel.save(nibabel.Nifti1Image(array, np.eye(4) if affine is None else affine), path)
    return path


def block(shape: tuple[int, ...], level: int = 100) -> np.ndarray:
    array = np.zeros(shape, dtype=np.int16)
    array[1:3, 1:3, 1:3] = level
    return array


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for i in range(6):
        shape = (6, 7, 5 + i % 2)
        nifti(tmp_path / "images" / f"{i}.nii.gz", block(shape))
        nifti(tmp_path / "labels" / f"{i}.nii.gz", (block(shape) > 0).astype(np.uint8) * 2)
    return tmp_path


def test_volumes_and_masks_of_different_sizes(folder: Path) -> None:
    data = detected(folder)
    assert data.reader == "volumes"
    assert tuple(data.tensors["volume"].shape) == (6, 1, 8, 8, 8)
    assert data.schema.outputs["mask"].bound == 2 and data.schema.labels == ("0", "2")
    assert ((data.tensors["volume"][:, 0] > 0.5) == (data.tensors["mask"] == 1)).all()
    assert int(data.tensors["mask"].sum()) == 6 * 8
    assert "2 different sizes; all become 8×8×8" in data.problems[0]


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        ({"size": "4"}, (4, 4, 4)),
        ({"size": "4x8x6"}, (4, 8, 6)),
        ({"size": "3×4×5", "fit": "stretch"}, (3, 4, 5)),
    ],
)
def test_a_size_is_cut_filled_or_stretched(
    folder: Path, options: dict[str, object], shape: tuple[int, ...]
) -> None:
    data = loaded(volumes.read, folder, options)
    assert tuple(data.tensors["volume"].shape[2:]) == tuple(data.tensors["mask"].shape[1:]) == shape


def test_values_may_stay_as_they_are(folder: Path) -> None:
    raw = loaded(volumes.read, folder, {"values": "raw"})
    assert set(raw.tensors["volume"].flatten().tolist()) == {0.0, 100.0}
    standard = loaded(volumes.read, folder, {"values": "standard", "size": "4"})
    assert standard.tensors["volume"].min() < 0 < standard.tensors["volume"].max()


def test_axes_are_turned_the_same_way(tmp_path: Path) -> None:
    array = np.zeros((4, 6, 8), dtype=np.float32)
    array[3, 5, 7] = 1  # right, front, top
    flipped = np.diag([-1.0, 1, 1, 1])
    nifti(tmp_path / "a" / "1.nii", array)
    nifti(tmp_path / "a" / "2.nii", array[::-1], flipped)
    nifti(tmp_path / "b" / "3.nii", array.transpose(2, 0, 1), np.eye(4)[:, [2, 0, 1, 3]])
    nifti(tmp_path / "b" / "4.nii", array)
    content = volumes.read(tmp_path, Reading({"values": "raw"}))
    assert content.schema.labels == ("a", "b")
    volume = content.arrays["volume"]
    assert volume.shape == (4, 1, 8, 6, 4)
    assert all(volume[i, 0, 7, 0, 3] == 1 for i in range(4))


def test_the_fourth_axis_is_channels(tmp_path: Path) -> None:
    for i in range(3):
        nifti(tmp_path / f"{i}.nii.gz", np.stack([block((4, 4, 4)), block((4, 4, 4), 7)], axis=-1))
    nifti(tmp_path / "other.nii.gz", block((4, 4, 4)))
    data = loaded(volumes.read, tmp_path)
    assert tuple(data.tensors["volume"].shape) == (3, 2, 4, 4, 4)
    assert data.problems == (f"{tmp_path / 'other.nii.gz'} has not 2 channels and is left out.",)


def test_bad_volumes_are_named_and_the_others_read(folder: Path) -> None:
    (folder / "images" / "0.nii.gz").write_bytes(b"no volume at all")
    plain = gzip.decompress((folder / "images" / "1.nii.gz").read_bytes())
    (folder / "images" / "1.nii.gz").write_bytes(gzip.compress(plain[: len(plain) - 100]))
    nifti(folder / "labels" / "2.nii.gz", np.zeros((3, 3, 3), dtype=np.uint8))
    giant = bytearray(plain)
    giant[40:56] = np.array([3, 30_000, 30_000, 30_000, 1, 1, 1, 1], dtype="<i2").tobytes()
    (folder / "images" / "3.nii.gz").write_bytes(gzip.compress(giant))
    (folder / "labels" / "4.nii.gz").unlink()
    data = loaded(volumes.read, folder)
    assert sum(data.sizes.values()) == 1
    told = "\n".join(data.problems)
    for words in (
        "4.nii.gz has no partner",
        "0.nii.gz is no readable volume",
        "1.nii.gz is damaged",
        "labels/2.nii.gz is 3×3×3 and its volume 5×7×6",
        "3.nii.gz is no readable volume and left out (30000×30000×30000 values are more than 1,024 MB)",
    ):
        assert words in told


def test_arrays_are_volumes_too(tmp_path: Path) -> None:
    for i in range(14):
        label = tmp_path / "ab"[i % 2]
        label.mkdir(exist_ok=True)
        if i % 3:
            np.save(label / f"{i}.npy", block((4, 5, 6)))
        else:
            np.savez(label / f"{i}.npz", volume=block((4, 5, 6)), id=np.array([i]))
    objects = np.array([{}], dtype=object)
    np.save(tmp_path / "a" / "evil.npy", objects, allow_pickle=True)
    data = detected(tmp_path)
    assert (data.reader, data.schema.items, data.schema.labels) == ("volumes", 14, ("a", "b"))
    assert tuple(data.tensors["volume"].shape) == (14, 1, 4, 5, 6)
    assert (
        "evil.npy is no readable volume and left out (it holds Python objects (a pickle)" in data.problems[0]
    )


def test_volumes_in_an_archive(folder: Path) -> None:
    made = shutil.make_archive(str(folder / "packed"), "zip", folder, "images")
    data = detected(Path(made))
    assert (data.reader, data.schema.items) == ("volumes", 6)


def test_what_is_no_volume_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.nii").write_bytes(b"x" * 400)
    with pytest.raises(DataError, match="None of the 1 volumes"):
        loaded(volumes.read, tmp_path)
    (tmp_path / "a.nii").unlink()
    with pytest.raises(DataError, match="holds no volumes"):
        loaded(volumes.read, tmp_path)
    nifti(tmp_path / "b.nii", block((4, 4, 4)))
    with pytest.raises(DataError, match='"size" is depth×height×width'):
        loaded(volumes.read, tmp_path, {"size": "4x4"})
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.txt", "x")
    (tmp_path / "c.zip").write_bytes(stream.getvalue())
    with pytest.raises(DataError, match="holds no volumes"):
        loaded(volumes.read, tmp_path / "c.zip")


@pytest.mark.parametrize("length", [4, 100, 347, 348, 352])
def test_a_header_that_is_cut_off_is_no_volume(tmp_path: Path, length: int) -> None:
    path = nifti(tmp_path / "a.nii", block((4, 4, 4)))
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(DataError, match=r"a\.nii is"):
        loaded(volumes.read, tmp_path)


def test_values_too_large_become_nothing(tmp_path: Path) -> None:
    array = block((4, 4, 4)).astype(np.float64)
    array[0, 0, 0] = 1e300
    nifti(tmp_path / "a.nii", array)
    assert loaded(volumes.read, tmp_path, {"values": "raw"}).tensors["volume"].max() == 100


def test_hippocampus(shared_data: Path) -> None:
    reading = Reading(limit=12)
    content = volumes.read(shared_data / "hippocampus", reading)
    assert 12 <= content.schema.items <= 14
    assert content.schema.outputs["mask"].bound == 3
    assert content.arrays["volume"].dtype == np.float16
