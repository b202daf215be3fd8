from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.readings import loaded
from workbench.core.errors import DataError
from workbench.engine.readers import images, images_decode, images_pixels


def picture(path: Path, level: int, *, size: tuple[int, int] = (6, 4), mode: str = "L") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, level if mode == "L" else (level, 0, 255 - level)).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for i in range(10):
        picture(tmp_path / "cat" / f"{i}.png", i)
        picture(tmp_path / "dog" / f"{i}.png", 100 + i)
    return tmp_path


def test_folders_are_classes(folder: Path) -> None:
    data = loaded(images.read, folder, {})
    assert data.schema.labels == ("cat", "dog")
    assert data.sizes == {"train": 12, "validation": 4, "test": 4}
    assert tuple(data.tensors["image"].shape) == (20, 1, 4, 6)
    assert torch.equal(data.tensors["label"], (data.tensors["image"][:, 0, 0, 0] >= 100).long())
    assert dict(data.schema.facts) == {"classes": 2, "channels": 1, "height": 4, "width": 6}
    assert data.problems == ()


def test_split_folders_above_the_classes_are_kept(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("split")
    for split, count in (("train", 8), ("val", 2), ("test", 3)):
        for label in ("a", "b"):
            for i in range(count):
                picture(root / split / label / f"{i}.bmp", {"train": 10, "val": 20, "test": 30}[split])
    data = loaded(images.read, root, {})
    assert data.sizes == {"train": 16, "validation": 4, "test": 6}
    for split, level in (("train", 10), ("validation", 20), ("test", 30)):
        assert set(data.tensors["image"][data.splits[split]].flatten().tolist()) == {level}


def test_one_coloured_picture_makes_all_coloured(folder: Path) -> None:
    picture(folder / "dog" / "red.jpg", 255, mode="RGB")
    data = loaded(images.read, folder, {})
    assert tuple(data.tensors["image"].shape) == (21, 3, 4, 6)
    red = data.tensors["image"][data.rows == 20]
    assert red[0, 0].float().mean() > 240 > 20 > red[0, 2].float().mean()


def test_pictures_of_other_sizes_are_resized_and_told(folder: Path) -> None:
    picture(folder / "cat" / "large.png", 50, size=(60, 40))
    data = loaded(images.read, folder, {})
    assert tuple(data.tensors["image"].shape) == (21, 1, 4, 6)
    assert data.problems == (
        "1 of 21 pictures have another size than 6×4 (width × height) and are resized to it.",
    )


def test_damaged_pictures_are_named_and_the_others_read(folder: Path) -> None:
    (folder / "cat" / "0.png").write_bytes(b"not a picture")
    good = (folder / "cat" / "1.png").read_bytes()
    (folder / "cat" / "1.png").write_bytes(good[: len(good) // 2])
    data = loaded(images.read, folder, {})
    assert len(data.tensors["image"]) == 18
    assert sorted(Path(problem.split(" is ")[0]).name for problem in data.problems) == ["0.png", "1.png"]
    assert f"{folder / 'cat' / '0.png'} is no readable picture and left out." in data.problems
    assert torch.equal(data.tensors["label"], (data.tensors["image"][:, 0, 0, 0] >= 100).long())


def test_a_class_without_a_picture_that_can_be_read_is_told(folder: Path) -> None:
    for file in (folder / "cat").iterdir():
        file.write_bytes(b"not a picture")
    data = loaded(images.read, folder, {})
    assert data.problems[-1] == (
        "The class “cat” has no picture that can be read. It stays one of the 2 classes; mend its files or take its "
        "folder away."
    )


def test_a_picture_with_too_many_pixels_is_left_out_unread(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture(folder / "cat" / "bomb.png", 0, size=(300, 300))
    monkeypatch.setattr(images_pixels, "MAX_PIXELS", 80_000)
    data = loaded(images.read, folder, {})
    assert len(data.tensors["image"]) == 20
    assert (
        "bomb.png is no readable picture and left out (300×300 pixels are more than 80,000)"
        in data.problems[0]
    )


def test_a_picture_that_pillow_itself_refuses_is_refused_in_words_of_ours(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture(folder / "cat" / "bomb.png", 0, size=(300, 300))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1_000)
    data = loaded(images.read, folder, {})
    assert data.problems[0].endswith("and left out (it has more than 67,108,864 pixels).")


def test_sixteen_bits_keep_their_upper_eight(tmp_path: Path) -> None:
    for label, level in (("a", 0x1234), ("b", 0xFF00)):
        (tmp_path / label).mkdir()
        for i in range(3):
            Image.fromarray(np.full((2, 2), level, dtype=np.uint16)).save(tmp_path / label / f"{i}.png")
    data = loaded(images.read, tmp_path, {})
    assert set(data.tensors["image"].flatten().tolist()) == {0x12, 0xFF}


def test_turned_photographs_are_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    for label in "ab":
        (tmp_path / label).mkdir()
        for i in range(3):
            Image.new("L", (20, 10), 9).save(tmp_path / label / f"{i}.jpg", exif=exif)
    assert tuple(loaded(images.read, tmp_path, {}).tensors["image"].shape) == (6, 1, 20, 10)


def test_pictures_without_folders_have_no_labels(tmp_path: Path) -> None:
    for i in range(10):
        picture(tmp_path / f"{i}.png", i)
        picture(tmp_path / ".thumbnails" / f"{i}.png", i, size=(2, 2))
    data = loaded(images.read, tmp_path, {})
    assert list(data.schema.outputs) == list(data.tensors) == ["image"]
    assert data.schema.labels == ()
    assert data.sizes == {"train": 6, "validation": 2, "test": 2}


def refused(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        loaded(images.read, path, {})
    return str(caught.value)


def test_what_is_no_folder_of_classes_is_refused(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "holds no pictures" in refused(tmp_path / "empty")
    picture(tmp_path / "single" / "only" / "1.png", 1)
    assert 'only one folder of pictures, "only"' in refused(tmp_path / "single")
    picture(tmp_path / "pairs" / "image" / "1.png", 1)
    picture(tmp_path / "pairs" / "label" / "1.png", 1)
    assert "All masks have one value only (1)" in refused(tmp_path / "pairs")
    (tmp_path / "pairs" / "label" / "1.png").rename(tmp_path / "pairs" / "label" / "2.png")
    assert "have the same name, so image/1.png and the others find no partner" in refused(tmp_path / "pairs")
    assert "single file" in refused(folder / "cat" / "1.png")


def test_pictures_outside_of_the_classes_are_refused(folder: Path) -> None:
    picture(folder / "stray.png", 1)
    assert f"such as {folder / 'stray.png'}" in refused(folder)


def test_too_many_pixels_in_all_are_refused_before_reading(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images_decode, "MAX_BYTES", 400)
    assert "need 480 bytes, more than the 400 bytes" in refused(folder)


def test_only_damaged_pictures_are_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"x")
    assert "None of the 1 pictures" in refused(tmp_path)


def test_photographs_for_training(shared_data: Path) -> None:
    data = loaded(images.read, shared_data / "super_resolution" / "Train", {})
    assert sum(data.sizes.values()) == 91
    assert data.schema.facts["channels"] == 3


def test_photographs_to_make_sharper(shared_data: Path) -> None:
    data = loaded(images.read, shared_data / "super_resolution", {"scale": 2})
    assert (data.sizes["train"] + data.sizes["validation"], data.sizes["test"]) == (91, 5 + 14)
    image, target = data.tensors["image"].float(), data.tensors["target"].float()
    assert image.shape == target.shape
    assert 1 < (image - target).abs().mean() < 12


def test_cell_walls(shared_data: Path) -> None:
    data = loaded(images.read, shared_data / "isbi_em", {})
    assert sum(data.sizes.values()) == 30 and data.problems == ()
    assert tuple(data.tensors["image"].shape) == (30, 1, 512, 512)
    assert data.schema.outputs["mask"].bound == 2
    assert 0.7 < data.tensors["mask"].float().mean() < 0.9
