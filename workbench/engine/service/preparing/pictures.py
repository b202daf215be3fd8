"""Pictures, videos and sounds as the readers made them ready in training. Imports the readers of these."""

from __future__ import annotations

import re

import numpy as np

from workbench.core.errors import DataError
from workbench.engine.readers import video
from workbench.engine.readers.audio import outlines
from workbench.engine.readers.audio_files import Sound, samples, sound
from workbench.engine.readers.audio_mel import Mel
from workbench.engine.readers.images import size_of
from workbench.engine.readers.images_pixels import DAMAGE, Form, degraded, pixels, quiet
from workbench.engine.readers.reader import Reading
from workbench.engine.readers.trees import Folder
from workbench.engine.service.preparing.given import Given, Prepared, Trained, file_of


def image(trained: Trained, given: Given) -> Prepared:
    """A picture at the size, in the colours and with the fit of training; patches become an item each."""
    file = file_of(given, "pictures")
    reading = trained.reading()
    channels, height, width = trained.sizes("image")
    scale = reading.whole("scale", 1, 1, 16)
    size = (width, height)
    small = False
    if scale > 1 and "target" in trained.content.arrays:
        size = trained.sizes("target")[2], trained.sizes("target")[1]
        small = size != (width, height)
    elif reading.text("size"):
        size = size_of(reading.text("size"))
    form = Form(size, reading.text("fit", "stretch"), channels, reading.whole("bits", 16, 8, 32))
    try:
        with quiet(), file.open("rb") as stream:
            found = pixels(stream, form)
    except DAMAGE as error:
        raise DataError(f"{file} is no picture that can be read{_why(error)}.") from error
    if not len(found):
        raise DataError(f"{file} is smaller than a patch of {width}×{height} pixels.")
    said: tuple[str, ...] = ()
    if scale > 1:
        found = np.stack([degraded(tile, scale, small) for tile in found])
        said = (f"As in training, the model was given the picture made {scale} times smaller.",)
    names = tuple(f"{given.name} patch {n + 1}" if len(found) > 1 else given.name for n in range(len(found)))
    return Prepared({"image": found}, names, {"image": 255}, said)


def clip(trained: Trained, given: Given) -> Prepared:
    """So many frames of a video, evenly spaced."""
    file = file_of(given, "videos")
    channels, frames, height, width = trained.sizes("video")
    form = Form((width, height), trained.reading().text("fit", "cover"), channels)
    try:
        with quiet():
            found, _ = video.frames_of(Folder(file.parent), file.name, form, frames)
    except video.damage() as error:
        raise DataError(f"{file} is no video that can be read{_why(error)}.") from error
    return Prepared({"video": found[None]}, (given.name,), {"video": 255})


def sounds(trained: Trained, given: Given) -> Prepared:
    """A sound at the rate and length of training: its wave, or its spectrogram in the units of the training part."""
    file = file_of(given, "sounds")
    reading, facts = trained.reading(), trained.content.schema.facts
    if "rate" not in facts:
        raise DataError(f"“{trained.title}” does not say at how many samples a second its sounds are.")
    rate = int(facts["rate"])
    header = sound(Folder(file.parent), file.name)
    first = reading.text("channel") == "first"
    if "mel" not in trained.content.schema.outputs:
        wave = samples(Folder(file.parent), header, rate, trained.sizes("wave")[1], first)[None]
        said = _unheard(header, trained.sizes("wave")[1] / rate)
        return Prepared({"wave": wave[:, None], "_curve": outlines(wave)}, (given.name,), said=said)
    frames = max(1, round(reading.number("length", 0.0, 0, 3_600) * rate))
    if "mel_mean" not in facts or frames == 1:
        raise DataError(f"“{trained.title}” does not say how its spectrograms were made.")
    wave = samples(Folder(file.parent), header, rate, frames, first)[None]
    mel = _mel(rate, trained.sizes("mel")[1], reading)(wave)
    # As the reader does it: in double precision, kept in single.
    values = (mel.astype(np.float64) - float(facts["mel_mean"])) / float(facts["mel_std"])
    arrays = {"mel": values.astype(np.float32)[:, None], "_curve": outlines(wave)}
    return Prepared(arrays, (given.name,), said=_unheard(header, frames / rate))


def _unheard(header: Sound, seconds: float) -> tuple[str, ...]:
    """What to say of a sound that is longer than those of training, by more than a rounding of its length."""
    if header.seconds < seconds + 0.01:
        return ()
    return (f"It lasts {header.seconds:.2f} s, and the model hears the first {seconds:.2f} s of it.",)


def _mel(rate: int, bands: int, reading: Reading) -> Mel:
    window, hop = (reading.number(name, usual, 1, 1_000) for name, usual in (("window", 25.0), ("hop", 10.0)))
    low, high = (reading.number(name, 0.0, 0, rate / 2) for name in ("low", "high"))
    window, hop = max(2, round(window * rate / 1_000)), max(1, round(hop * rate / 1_000))
    return Mel(rate, bands, window, hop, low, high)


def _why(error: BaseException) -> str:
    """What a library says, where people can make something of it."""
    words = str(error).split("\n")[0].rstrip(".")
    return f" ({words})" if words and not re.search(r"<[_\w.]+ ?[\w.]*", words) else ""
