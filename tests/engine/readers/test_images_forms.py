"""Sizes, colours, masks and odd pictures."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.readings import Read, loaded
from workbench.catalog.schema import OUTSIDE
from workbench.core.errors import DataError
from workbench.engine.readers import images
from workbench.engine.readers.images_masks import Masks
from workbench.engine.readers.reader import Reading


def values_of(data: Read) -> list[int]:
    return sorted(set(data.tensors["mask"].flatten().tolist()))


def gradient(width: int, height: int) -> np.ndarray:
    return (np.arange(height)[:, None] * 10 + np.arange(width)).astype(np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for i in range(5):
        Image.fromarray(gradient(8, 6)).save(tmp_path / f"{i}.png")
    return tmp_path


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        ({"size": "4"}, (1, 4, 4)),
        ({"size": "4x3", "colour": "rgb"}, (3, 3, 4)),
        ({"size": "16×12"}, (1, 12, 16)),
        ({"size": "5 x 9", "fit": "cover"}, (1, 9, 5)),
        ({"size": "12", "fit": "inside"}, (1, 12, 12)),
        ({"size": "12", "fit": "crop"}, (1, 12, 12)),
    ],
)
def test_every_picture_gets_the_size(
    folder: Path, options: dict[str, object], shape: tuple[int, ...]
) -> None:
    assert tuple(loaded(images.read, folder, options).tensors["image"].shape) == (5, *shape)


def test_what_is_cut_out_is_not_scaled(folder: Path) -> None:
    data = loaded(images.read, folder, {"size": "4x2", "fit": "crop"})
    assert np.array_equal(data.tensors["image"][0, 0], gradient(8, 6)[2:4, 2:6])
    larger = loaded(images.read, folder, {"size": "10x6", "fit": "crop"}).tensors["image"][0, 0]
    assert np.array_equal(larger, np.pad(gradient(8, 6), [(0, 0), (1, 1)], mode="symmetric"))


def test_what_is_scaled_to_fit_in_has_black_edges(folder: Path) -> None:
    picture = loaded(images.read, folder, {"size": "16", "fit": "inside"}).tensors["image"][0, 0]
    assert picture[:2].max() == picture[14:].max() == 0
    assert picture[7].min() > 0


def test_patches_stay_in_the_split_of_their_picture(folder: Path) -> None:
    Image.fromarray(gradient(2, 2)).save(folder / "small.png")
    reading = Reading({"size": "4x3", "fit": "patches"})
    content = images.read(folder, reading)
    assert content.schema.items == 5 * 4 == len(content.arrays["image"])
    assert {name: sorted({int(i) // 4 for i in index}) for name, index in content.splits.items()} == {
        name: [int(i) // 4 for i in index[::4]] for name, index in content.splits.items()
    }
    assert np.array_equal(content.arrays["image"][1, 0], gradient(8, 6)[:3, 4:])
    assert reading.problems == ["1 pictures are smaller than a patch and are left out."]
    with pytest.raises(DataError, match="is as large as a patch of 64×64"):
        images.read(folder, Reading({"size": "64", "fit": "patches"}))


@pytest.mark.parametrize("size", ["0", "big", "4x", "4x3x2", "-4"])
def test_a_size_that_is_none_is_refused(folder: Path, size: str) -> None:
    with pytest.raises(DataError, match='The option "size" is a number or width×height'):
        loaded(images.read, folder, {"size": size})


def test_a_scale_gives_the_picture_and_what_is_left_of_it(folder: Path) -> None:
    data = loaded(images.read, folder, {"scale": 2})
    image, target = data.tensors["image"][0, 0], data.tensors["target"][0, 0]
    assert np.array_equal(target, gradient(8, 6)) and image.shape == target.shape
    assert not torch.equal(image, target)
    small = loaded(images.read, folder, {"scale": 2, "small": True})
    assert tuple(small.tensors["image"].shape) == (5, 1, 3, 4)
    assert small.schema.outputs["image"].shape == ("N", 1, 3, 4)
    odd = loaded(images.read, folder, {"scale": 4})
    assert tuple(odd.tensors["image"].shape) == tuple(odd.tensors["target"].shape) == (5, 1, 4, 8)


def masks(root: Path, values: list[int], colours: list[tuple[int, int, int]] | None = None) -> Path:
    for name in ("images", "masks"):
        (root / name).mkdir(parents=True)
    for i in range(6):
        Image.new("RGB", (8, 8), (i, i, i)).save(root / "images" / f"{i}.jpg")
        level = np.array(values, dtype=np.uint8)[(np.arange(64) + i) % len(values)].reshape(8, 8)
        if colours:
            Image.fromarray(np.array(colours, dtype=np.uint8)[level]).save(root / "masks" / f"{i}.png")
        else:
            Image.fromarray(level).save(root / "masks" / f"{i}.png")
    return root


@pytest.mark.parametrize("values", [[0, 255], [1, 2, 4], [0, 1, 2, 3]])
def test_values_of_masks_become_classes(tmp_path: Path, values: list[int]) -> None:
    data = loaded(images.read, masks(tmp_path, values))
    assert data.schema.outputs["mask"].bound == data.schema.facts["classes"] == len(values)
    assert data.schema.labels == tuple(map(str, values))
    assert values_of(data) == list(range(len(values)))
    assert data.schema.outputs["mask"].shape == ("N", 8, 8)


def test_colours_of_masks_become_classes(tmp_path: Path) -> None:
    data = loaded(images.read, masks(tmp_path, [0, 1, 2], [(0, 0, 0), (255, 0, 0), (0, 0, 128)]))
    assert data.schema.labels == ("#000000", "#000080", "#ff0000")
    assert values_of(data) == [0, 1, 2]


def test_white_is_one_class_in_masks_with_and_without_colours(tmp_path: Path) -> None:
    folder = masks(tmp_path, [0, 1, 2, 3], [(0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 0, 255)])
    half = np.arange(64).reshape(8, 8) % 2 * 255
    Image.fromarray(half.astype(np.uint8)).convert("RGB").save(folder / "masks" / "5.png")
    data = loaded(images.read, folder)
    assert data.schema.labels == ("#000000", "#0000ff", "#ff0000", "#ffffff")
    found = [sorted(set(mask.flatten().tolist())) for mask in data.tensors["mask"]]
    assert sorted(found) == [[0, 1, 2, 3]] * 5 + [[0, 3]]


def test_a_border_without_a_class_does_not_count(tmp_path: Path) -> None:
    data = loaded(images.read, masks(tmp_path, [0, 1, 2, 255]))
    assert data.schema.labels == ("0", "1", "2")
    assert values_of(data) == [OUTSIDE, 0, 1, 2]
    assert "255 in the masks" in data.problems[0]


@pytest.mark.parametrize("suffix", ["png", "gif", "tif", "bmp"])
def test_masks_with_different_palettes_are_told_apart_by_colours(tmp_path: Path, suffix: str) -> None:
    folder = masks(tmp_path, [0, 1, 2])
    colours = [(0, 0, 0), (255, 0, 0), (0, 0, 128)]
    for number, file in enumerate(sorted((folder / "masks").iterdir())):
        places = np.array([[0, 1, 2], [2, 0, 1]][number % 2])
        mask = Image.fromarray(places[np.asarray(Image.open(file))].astype(np.uint8), "P")
        mask.putpalette(bytes(np.array(colours, dtype=np.uint8)[np.argsort(places)]))
        file.unlink()
        mask.save(file.with_suffix(f".{suffix}"))
    data = loaded(images.read, folder)
    assert data.schema.labels == ("#000000", "#000080", "#ff0000")
    assert "different palettes" in data.problems[0]
    for picture, mask in zip(data.tensors["image"], data.tensors["mask"], strict=True):
        level = (np.arange(64) + int(picture[0, 0, 0])) % 3
        assert mask.flatten().tolist() == np.array([0, 2, 1])[level].tolist()


def test_a_shorter_palette_is_no_other_one(tmp_path: Path) -> None:
    folder = masks(tmp_path, [0, 1, 2])
    for number, file in enumerate((folder / "masks").iterdir()):
        mask = Image.open(file).convert("L")
        mask.putpalette([0, 0, 0, 255, 0, 0, 0, 0, 128, *([9, 9, 9] if number % 2 else [])])
        mask.save(file)
    assert loaded(images.read, folder).schema.labels == ("0", "1", "2")


def test_soft_edges_of_masks_are_cut() -> None:
    found = Masks()
    values = np.array([0] * 2_000 + list(range(50, 200)) + [255] * 2_000, dtype=np.int32)
    mask = found.numbered(values[None, None])
    reading = Reading()
    assert found.finished(mask, reading) == ("0", "255")
    assert np.array_equal(mask[0, 0], values >= 128)
    assert "soft edges" in reading.problems[0]
    assert reading.figures[0].values == ((values < 128).sum(), (values >= 128).sum())


def test_masks_with_the_colours_of_photographs_are_refused() -> None:
    found = Masks()
    mask = found.numbered(np.arange(3_000, dtype=np.int32).reshape(1, 30, 100))
    with pytest.raises(DataError, match=r'3,000 different values.* choose "pairs"'):
        found.finished(mask, Reading())


def test_pairs_of_another_size_keep_their_factor(tmp_path: Path) -> None:
    for name, size in (("input", 4), ("target", 8)):
        (tmp_path / name).mkdir()
        for i in range(5):
            Image.new("L" if name == "input" else "RGB", (size, size), i).save(tmp_path / name / f"{i}.png")
    data = loaded(images.read, tmp_path)
    assert tuple(data.tensors["image"].shape) == (5, 1, 4, 4)
    assert tuple(data.tensors["target"].shape) == (5, 3, 8, 8)
    with pytest.raises(DataError, match='"scale" is for pictures without pairs'):
        loaded(images.read, tmp_path, {"scale": 2})


def test_ground_truth_of_many_colours_is_a_picture(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (20, 20, 3), dtype=np.uint8)
    for name in ("input", "gt"):
        (tmp_path / name).mkdir()
        for i in range(5):
            Image.fromarray(noise).save(tmp_path / name / f"{i}.png")
    assert list(loaded(images.read, tmp_path).tensors) == ["image", "target"]


def test_odd_pictures_are_told_and_read(folder: Path) -> None:
    size = (8, 6)
    Image.new("CMYK", size, (255, 0, 0, 0)).save(folder / "cmyk.jpg")
    frames = [Image.new("L", size, level) for level in (10, 200)]
    frames[0].save(folder / "moving.gif", save_all=True, append_images=frames[1:])
    Image.new("RGBA", size, (0, 0, 0, 0)).save(folder / "glass.png")
    Image.fromarray(np.full((6, 8), 0x8000, np.uint16)).save(folder / "deep.png")
    Image.new("L", size, 9).save(folder / "right.png")
    (folder / "right.png").rename(folder / "wrong.jpg")
    (folder / "photo.heic").write_bytes(b"x")
    data = loaded(images.read, folder)
    names = sorted(p.name for p in folder.iterdir() if p.suffix != ".heic")
    pixel = {names[int(row)]: data.tensors["image"][i, :, 0, 0].tolist() for i, row in enumerate(data.rows)}
    assert pixel["moving.gif"] == [10] * 3
    assert pixel["glass.png"] == [255] * 3
    assert pixel["deep.png"] == [128] * 3
    assert pixel["wrong.jpg"] == [9] * 3
    assert pixel["cmyk.jpg"][0] < 30 and pixel["cmyk.jpg"][2] > 200
    told = "\n".join(data.problems)
    for words in ("photo.heic are pictures of a kind", "CMYK", "animated", "white", "16 or 32 bits"):
        assert words in told


@pytest.mark.parametrize(
    ("bits", "kind", "suffix"),
    [
        (8, np.int32, "tif"),
        (8, np.uint16, "png"),
        (12, np.uint16, "png"),
        (16, np.uint16, "png"),
        (20, np.int32, "tif"),
    ],
)
def test_deep_pictures_keep_the_bits_that_the_set_has(
    tmp_path: Path, bits: int, kind: type, suffix: str
) -> None:
    levels: np.ndarray = np.linspace(0, 2**bits - 1, 60).astype(kind).reshape(6, 10)
    for i in range(6):
        Image.fromarray(np.tile(levels[i], (4, 1))).save(tmp_path / f"{i}.{suffix}")
    reading = Reading({})
    content = images.read(tmp_path, reading)
    wanted = (levels.astype(np.int64) >> (bits - 8)).astype(np.uint8)
    assert np.array_equal(content.arrays["image"][:, 0, 0], wanted)
    assert reading.understood.get("bits", 16) == bits


def test_a_picture_of_a_program_is_not_started(folder: Path) -> None:
    (folder / "evil.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n")
    data = loaded(images.read, folder)
    assert len(data.tensors["image"]) == 5
    assert "evil.png is no readable picture and left out" in data.problems[0]


def test_a_look_reads_some_from_all_over(folder: Path) -> None:
    for label in "ab":
        (folder / label).mkdir()
        for i in range(40):
            Image.new("L", (4, 4), i).save(folder / label / f"{i}.png")
    for file in folder.glob("*.png"):
        file.unlink()
    content = images.read(folder, Reading(limit=10))
    assert 10 <= len(content.arrays["image"]) <= 12
    assert np.bincount(content.arrays["label"]).min() >= 4


def test_large_arrays_lie_in_the_folder_of_the_copy(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    copy = tmp_path_factory.mktemp("copy")
    content = images.read(folder, Reading(folder=copy))
    assert isinstance(content.arrays["image"], np.memmap)
    assert os.listdir(copy) == ["image.npy"]


def test_a_full_disk_is_told_before_anything_is_written(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path_factory.mktemp("copy")
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 100}))
    with pytest.raises(DataError, match="but only 0 bytes are free on the disk"):
        images.read(folder, Reading(folder=copy))
    assert os.listdir(copy) == []


@pytest.mark.parametrize("other", ["none", "size", "colour"])
def test_many_pictures_are_read_as_carefully_as_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    for i in range(120):
        Image.new("L", (6, 4), i).save(tmp_path / f"{i:03}.png")
    if other != "none":
        mode, size = ("L", (12, 8)) if other == "size" else ("RGB", (6, 4))
        Image.new(mode, size, 119).save(tmp_path / "119.png")
    careful = Reading()
    expected = images.read(tmp_path, careful)
    monkeypatch.setattr(images, "_MANY", 100)
    glancing = Reading()
    content = images.read(tmp_path, glancing)
    assert np.array_equal(content.arrays["image"], expected.arrays["image"])
    assert (glancing.problems, glancing.figures) == (careful.problems, careful.figures)
    assert len(content.arrays["image"][0]) == (3 if other == "colour" else 1)


def test_room_on_the_disk_is_taken_at_once(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path_factory.mktemp("copy")
    images.read(folder, Reading(folder=copy))
    assert (copy / "image.npy").stat().st_blocks * 512 >= 5 * 6 * 8

    def full(file: int, start: int, size: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", full)
    with pytest.raises(OSError, match="No space left"):
        images.read(folder, Reading(folder=copy))
