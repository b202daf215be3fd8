"""Pictures that were taken with the camera held aside: their masks and targets lie as they do."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from tests.readings import loaded
from workbench.core.errors import DataError
from workbench.engine.readers import images
from workbench.engine.readers.images_pixels import header
from workbench.engine.readers.reader import Reading

_TAG = 0x0112


def saved(image: Image.Image, file: Path, turn: int = 1) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    options: dict[str, Any] = {"quality": 95} if file.suffix == ".jpg" else {}
    if turn != 1:
        options["exif"] = Image.Exif()
        options["exif"][_TAG] = turn
    image.save(file, **options)
    return file


def scene(size: tuple[int, int] = (48, 24)) -> Image.Image:
    """Black, with a bright corner at the left top and a bright stripe along the top."""
    array = np.zeros(size[::-1], dtype=np.uint8)
    array[: size[1] // 3] = 255
    array[:, : size[0] // 4] = 255
    return Image.fromarray(array)


def upright(image: Image.Image, turn: int) -> Image.Image:
    exif = image.getexif()
    exif[_TAG] = turn
    return ImageOps.exif_transpose(image)


def agree(folder: Path, kind: str) -> None:
    """Every mask or target is what its picture shows, upright."""
    data = loaded(images.read, folder, {"kind": kind})
    assert data.problems == () and data.schema.items == 6
    other = data.tensors["mask" if kind == "masks" else "target"]
    shown = data.tensors["image"][:, 0] > 127
    seen = other > 0 if kind == "masks" else other[:, 0] > 127
    assert (shown == seen).float().mean() > 0.97
    assert shown[0].float().mean() < 0.8


@pytest.mark.parametrize("turn", [5, 6, 7, 8])
@pytest.mark.parametrize("as_seen", [True, False], ids=["from what is seen", "from what the file has"])
@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
def test_a_mask_lies_as_its_turned_picture(tmp_path: Path, turn: int, as_seen: bool, suffix: str) -> None:
    for i in range(6):
        saved(scene(), tmp_path / "images" / f"{i}{suffix}", turn)
        mask = upright(scene(), turn) if as_seen else scene()
        saved(mask.point(lambda level: level // 255), tmp_path / "masks" / f"{i}.png")
    agree(tmp_path, "masks")


@pytest.mark.parametrize("as_seen", [True, False], ids=["from what is seen", "from what the file has"])
def test_a_target_lies_as_its_turned_picture(tmp_path: Path, as_seen: bool) -> None:
    for i in range(6):
        saved(scene(), tmp_path / "input" / f"{i}.jpg", 6)
        saved(upright(scene(), 6) if as_seen else scene(), tmp_path / "target" / f"{i}.jpg")
    agree(tmp_path, "pairs")
    for i in range(6):  # larger ones stay so
        saved(scene((96, 48)), tmp_path / "target" / f"{i}.jpg")
    data = loaded(images.read, tmp_path, {"kind": "pairs"})
    assert data.tensors["target"].shape[2:] == (96, 48) and data.tensors["image"].shape[2:] == (48, 24)


@pytest.mark.parametrize("kind", ["masks", "pairs"])
@pytest.mark.parametrize("turn", [2, 3, 4])
def test_a_mask_or_target_that_says_itself_how_it_lies_is_believed(
    tmp_path: Path, turn: int, kind: str
) -> None:
    folder, suffix = ("masks", ".tif") if kind == "masks" else ("target", ".jpg")
    for i in range(6):
        saved(scene(), tmp_path / ("images" if kind == "masks" else "input") / f"{i}.jpg", turn)
        saved(scene(), tmp_path / folder / f"{i}{suffix}", turn)
    agree(tmp_path, kind)


@pytest.mark.parametrize(("turn", "size"), [(3, (48, 24)), (2, (48, 24)), (6, (24, 24))])
def test_where_nothing_tells_the_pair_is_named_and_left_out(
    tmp_path: Path, turn: int, size: tuple[int, int]
) -> None:
    for i in range(6):
        saved(scene(size), tmp_path / "images" / f"{i}.jpg", turn if i == 2 else 1)
        saved(scene(size), tmp_path / "masks" / f"{i}.png")
    data = loaded(images.read, tmp_path)
    assert data.schema.items == 5 and len(data.problems) == 1
    assert "images/2.jpg was taken with the camera held aside" in data.problems[0]
    assert "nothing tells whether" in data.problems[0] and "Save the picture upright" in data.problems[0]
    for i in range(6):
        saved(scene(size), tmp_path / "images" / f"{i}.jpg", turn)
    with pytest.raises(DataError, match="None of the 6 pictures"):
        images.read(tmp_path, Reading())


@pytest.mark.parametrize("turn", [1, 3, 6, 9])
@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".webp"])
def test_the_header_tells_the_size_of_the_upright_picture(tmp_path: Path, turn: int, suffix: str) -> None:
    file = saved(scene(), tmp_path / f"a{suffix}", turn)
    found = header(file.open("rb"))
    assert found.size == ((24, 48) if turn == 6 else (48, 24)) and found.turn == (1 if turn == 9 else turn)
