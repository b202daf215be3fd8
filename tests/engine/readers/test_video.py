from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.readings import detected, loaded
from workbench.core.errors import DataError
from workbench.engine.readers import video


def clip(path: Path, frames: int, *, start: int = 0, size: tuple[int, int] = (32, 24)) -> Path:
    """A clip that becomes lighter from frame to frame."""
    path.parent.mkdir(parents=True, exist_ok=True)
    av: Any = import_module("av")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for i in range(frames):
            level = np.full((size[1], size[0], 3), start + i * 200 // frames, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(level, format="rgb24")))
        container.mux(stream.encode())
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for i in range(4):
        clip(tmp_path / "dark" / f"{i}.mp4", 20)
        clip(tmp_path / "light" / f"{i}.avi", 10, start=50)
    return tmp_path


def test_folders_of_clips_are_classes(folder: Path) -> None:
    data = detected(folder, options={"frames": 5})
    assert (data.reader, data.schema.kind, data.schema.labels) == ("video", "video", ("dark", "light"))
    assert tuple(data.tensors["video"].shape) == (8, 3, 5, 24, 32)
    assert data.schema.outputs["video"].shape == ("N", 3, 5, 24, 32)
    levels = data.tensors["video"].float().mean(dim=(1, 3, 4))
    assert (levels.diff(dim=1) > 10).all()
    assert ((levels[:, 0] > 25).long() == data.tensors["label"]).all()


def test_frames_of_short_clips_are_repeated(folder: Path) -> None:
    data = loaded(video.read, folder, {"frames": 15, "size": "16", "colour": "grey"})
    assert tuple(data.tensors["video"].shape) == (8, 1, 15, 16, 16)
    assert data.problems == ("4 videos have fewer than 15 frames; some of theirs are repeated.",)


def test_damaged_clips_are_named_and_the_others_read(folder: Path) -> None:
    (folder / "dark" / "0.mp4").write_bytes(b"no video" * 100)
    (folder / "dark" / "1.mp4").write_bytes(b"")
    data = loaded(video.read, folder, {"frames": 2})
    assert sum(data.sizes.values()) == 6
    assert [problem.split(" is no readable video")[0] for problem in data.problems] == [
        str(folder / "dark" / "0.mp4"),
        str(folder / "dark" / "1.mp4"),
    ]


def test_moving_gifs_are_clips_where_wanted(tmp_path: Path) -> None:
    for i in range(5):
        frames = [Image.new("L", (16, 16), level) for level in (0, 100, 200)]
        frames[0].save(tmp_path / f"{i}.gif", save_all=True, append_images=frames[1:])
    data = detected(tmp_path, reader="video", options={"frames": 3})
    assert tuple(data.tensors["video"].shape) == (5, 3, 3, 16, 16)
    assert data.tensors["video"][0, 0, :, 0, 0].tolist() == [0, 100, 200]
    assert list(data.tensors) == ["video"]


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no videos"):
        loaded(video.read, tmp_path)
    (tmp_path / "a.mp4").write_bytes(b"x")
    with pytest.raises(DataError, match="None of the 1 videos"):
        loaded(video.read, tmp_path)
