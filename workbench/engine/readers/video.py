"""Short videos: some frames of each clip, evenly spaced, from folders of classes or alone.

May import NumPy, and PyAV when a clip is read.  Frames are kept as bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from workbench.catalog.schema import Schema
from workbench.core.errors import DataError
from workbench.core.shapes import TensorSpec
from workbench.engine.readers.archives import tree
from workbench.engine.readers.arrangement import Entry, arranged, several
from workbench.engine.readers.content import Array, Content, Index
from workbench.engine.readers.files import slug, title
from workbench.engine.readers.images import size_of
from workbench.engine.readers.images_decode import by, in_threads
from workbench.engine.readers.images_pixels import MAX_PIXELS, Form, Pixels, Size, laid
from workbench.engine.readers.reader import Figure, Option, Reader, Reading
from workbench.engine.readers.split import OPTIONS, divided, parts_of
from workbench.engine.readers.trees import Tree, ends, files_of, glanced

SUFFIXES = frozenset(".mp4 .avi .mov .mkv .webm .mpg .mpeg .m4v .wmv".split())
# Moving pictures are also pictures; they are clips where a person says so.
_GIF = frozenset((".gif",))
_FRAMES = 16
_SIDE = 112
# A longer clip is looked at up to here.
_MOST_FRAMES = 20_000
_FITS = {
    "": "Scaled to fill it, the rest cut off",
    "stretch": "Stretched to size",
    "inside": "Scaled to fit in, the rest black",
}


def read(path: Path, reading: Reading) -> Content:
    """A folder or an archive of clips.  Raises DataError where none can be used."""
    with tree(path, reading) as files:
        names = [name for name in files.names() if ends(name, SUFFIXES | _GIF)]
        if not names:
            raise DataError(f"{path} holds no videos ({', '.join(sorted(SUFFIXES | _GIF))}).")
        wanted = reading.choice("kind", ("classes", "plain"))
        found = arranged(names, wanted or _guess(names), path, "videos")
        entries = (
            found.entries[:: max(1, len(found.entries) // reading.limit)] if reading.limit else found.entries
        )
        reading.understood["kind"] = found.kind
        return _filled(files, entries, reading)


def _guess(names: Sequence[str]) -> str:
    """Clips have no masks, so folders are classes whatever they are called."""
    return "" if any("/" in name for name in names) else "plain"


def _filled(files: Tree, entries: Sequence[Entry], reading: Reading) -> Content:
    frames = reading.whole("frames", _FRAMES, 1, 512)
    fit = reading.choice("fit", [key for key in _FITS if key]) or "cover"
    channels = 1 if reading.choice("colour", ("grey", "rgb")) == "grey" else 3
    size = size_of(reading.text("size")) if reading.text("size") else _size(files, entries)
    reading.understood |= {"frames": frames, "size": f"{size[0]}x{size[1]}"}
    form = Form(size, fit, channels)
    video = reading.array("video", (len(entries), channels, frames, size[1], size[0]), np.uint8)

    def load(number: int) -> str | int:
        name = entries[number].file
        try:
            clip, length = frames_of(files, name, form, frames)
        except damage() as error:
            return f"{files.shown(name)} is no readable video and left out ({error})."
        video[number] = clip
        return length

    said = in_threads(load, range(len(entries)), "Videos", reading)
    bad = [each for each in said if isinstance(each, str)]
    for problem in several(bad, "videos are left out"):
        reading.say(problem)
    lengths = [each for each in said if isinstance(each, int)]
    if not lengths:
        raise DataError(f"None of the {len(entries):,} videos in {files.path} can be read. {bad[-1]}")
    if short := sum(length < frames for length in lengths):
        reading.say(f"{short:,} videos have fewer than {frames} frames; some of theirs are repeated.")
    counts, edges = np.histogram(lengths, bins=min(20, len(set(lengths))))
    reading.figures.append(
        Figure("Frames of a video", "histogram", values=tuple(counts.tolist()), edges=tuple(edges.tolist()))
    )
    good = np.flatnonzero([isinstance(each, int) for each in said])
    return _content(files.path, entries, good, video, reading)


def _content(path: Path, entries: Sequence[Entry], good: Index, video: Array, reading: Reading) -> Content:
    channels, frames, height, width = (int(size) for size in video.shape[1:])
    outputs = {"video": TensorSpec(("N", channels, frames, height, width), "float")}
    facts: dict[str, int | float] = {"channels": channels, "frames": frames, "height": height, "width": width}
    arrays: dict[str, Array] = {"video": video}
    names = tuple(sorted({entry.label for entry in entries if entry.label}))
    kept: int | Index = len(good)
    if names:
        label = np.array([names.index(entry.label) for entry in entries], dtype=np.int64)
        kept = label[good]
        label[np.setdiff1d(np.arange(len(label)), good)] = -1
        arrays["label"] = label
        outputs["label"] = TensorSpec(("N",), "index", len(names))
        facts = {"classes": len(names), **facts}
    given = parts_of([entries[i].split for i in good.tolist()])
    splits = {name: good[index] for name, index in divided(reading, kept, given).items()}
    schema = Schema(slug(path), title(path), outputs, facts, "video", len(good), names)
    return Content(schema, arrays, splits, divisors={"video": 255})


def _av() -> Any:
    """PyAV, which only those who read videos wait for."""
    return import_module("av")


def damage() -> tuple[type[Exception], ...]:
    """What a damaged video makes of PyAV."""
    return (_av().error.FFmpegError, OSError, ValueError, LookupError, TypeError, ArithmeticError)


def _size(files: Tree, entries: Sequence[Entry]) -> Size:
    """The commonest size of some clips, no larger than what is usual to learn from."""
    sizes: Counter[Size] = Counter()
    for entry in entries[:: max(1, len(entries) // 20)]:
        try:
            with files.open(entry.file) as stream, _av().open(stream) as container:
                found = _moving(container)
                sizes[found.width, found.height] += 1
        except damage():
            continue  # told when it is read
    width, height = sizes.most_common(1)[0][0] if sizes else (_SIDE, _SIDE)
    scale = min(1.0, _SIDE / max(1, min(width, height)))
    return max(8, round(width * scale) // 8 * 8), max(8, round(height * scale) // 8 * 8)


def frames_of(files: Tree, name: str, form: Form, frames: int) -> tuple[Pixels, int]:
    """channels × frames × height × width of evenly spaced frames, and how many there were.

    The clip is gone through twice: what its header says about its length is often wrong.
    """
    length = sum(1 for _ in _decoded(files, name))
    if not length:
        raise ValueError("it has no frames")
    places = np.linspace(0, length - 1, frames).round().astype(int).tolist()
    wanted = set(places)
    kept: dict[int, Pixels] = {}
    for number, frame in enumerate(_decoded(files, name)):
        if number in wanted:
            picture = Image.fromarray(frame.to_ndarray(format="rgb24"))
            picture = picture if form.channels == 3 else picture.convert("L")
            array = np.asarray(laid(picture, form, Image.Resampling.BILINEAR))
            kept[number] = array.transpose(2, 0, 1) if array.ndim == 3 else array[None]
    return np.stack([kept[place] for place in places], axis=1), length


def _moving(container: Any) -> Any:
    """The first moving picture in a clip.  Raises ValueError where there is none that can be decoded."""
    if not container.streams.video:
        raise ValueError("it has no moving picture")
    found = container.streams.video[0]
    if found.codec_context is None:
        raise ValueError("the coding of its picture is not known")
    return found


def _decoded(files: Tree, name: str) -> Iterator[Any]:
    """Its frames.  Raises ValueError where they are larger than any picture may be."""
    with files.open(name) as stream, _av().open(stream) as container:
        _moving(container)
        for number, frame in enumerate(container.decode(video=0)):
            if frame.width * frame.height > MAX_PIXELS:
                raise ValueError(f"{by((frame.width, frame.height))} pixels are more than {MAX_PIXELS:,}")
            if number >= _MOST_FRAMES:
                return
            yield frame


def _suits(path: Path) -> str:
    if not path.is_dir():
        return ""
    fitting, everything, first = glanced(path, SUFFIXES)
    if fitting * 3 > everything:
        return f"it has videos such as {first}"
    fitting, everything, first = glanced(path, _GIF)
    return f"it has moving pictures such as {first}" if fitting * 3 > everything else ""


def _files(path: Path, reading: Reading) -> list[Path]:
    return files_of(path, SUFFIXES | _GIF)


READER = Reader(
    "video",
    "videos",
    (
        Option(
            "kind", "What it is", "What the folders mean.", "choice", "",
            (("", "As it looks like"), ("classes", "A folder for each class"), ("plain", "Videos without classes")),
        ),
        Option("frames", "Frames", "How many of each video, evenly spaced.", "number", _FRAMES, min=1, max=512),
        Option("size", "Size", "Of every frame in pixels: one number, or width×height. Empty: small ones as they are."),
        Option("fit", "Fit", "How frames of another size are brought to it.", "choice", "", tuple(_FITS.items())),
        Option(
            "colour", "Colour", "Grey or coloured.", "choice", "",
            (("", "Red, green, blue"), ("grey", "Grey")),
        ),
        *OPTIONS,
    ),
    _suits,
    _files,
    read,
)  # fmt: skip
