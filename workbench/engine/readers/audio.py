"""Sounds with classes as waves or log-mel spectrograms, from a folder or an archive.  May import NumPy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from workbench.catalog.schema import Schema
from workbench.core.errors import DataError
from workbench.core.shapes import TensorSpec
from workbench.engine.readers import images_labels
from workbench.engine.readers.archives import is_archive, names_in, tree
from workbench.engine.readers.arrangement import Entry, several
from workbench.engine.readers.audio_files import SUFFIXES, Floats, Sound, samples, sound
from workbench.engine.readers.audio_labels import SOURCES, labelled, numbered
from workbench.engine.readers.audio_mel import Mel
from workbench.engine.readers.content import Array, Content, Index
from workbench.engine.readers.files import slug, title
from workbench.engine.readers.images_decode import in_threads
from workbench.engine.readers.reader import Figure, Option, Reader, Reading
from workbench.engine.readers.split import OPTIONS, divided, parts_of
from workbench.engine.readers.trees import Tree, ends, files_of, glanced

FEATURES = {"mel": "Log-mel spectrogram", "wave": "The wave itself"}
CHANNELS = {"mix": "The mean of all", "first": "The first one"}

# A look at the first items decodes so many.
_LOOK = 48
# Of more classes a look leaves some out.
_MOST_GROUPS = 500
_SHARE_OF_LENGTHS = 0.95
_MOST_BYTES = 2**34
# Points of the curve by which a sound is shown: the lowest and the highest of each stretch.
CURVE = 512
_BATCH = 32
_BINS = 30


def read(path: Path, reading: Reading) -> Content:
    """A folder or an archive of sounds.  Raises DataError where none can be used."""
    with tree(path, reading) as files:
        names = files.names()
        sounds = [name for name in names if ends(name, SUFFIXES)]
        if not sounds:
            raise DataError(f"{path} holds no sounds ({', '.join(sorted(SUFFIXES))}).")
        found = labelled(files, names, sounds, reading)
        if reading.limit and len(found) > _LOOK:
            found = _some(found)
        return _decoded(files, *_headers(files, found, reading), reading)


def _some(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """About _LOOK sounds, of every class and part as many, from all over the files."""
    groups: dict[tuple[str, str], list[int]] = {}
    for place, entry in enumerate(entries):
        groups.setdefault((entry.split, entry.label), []).append(place)
    each = -(-_LOOK // len(groups))
    chosen = [
        places[at * len(places) // min(each, len(places))]
        for places in list(groups.values())[:_MOST_GROUPS]
        for at in range(min(each, len(places)))
    ]
    return tuple(entries[place] for place in sorted(chosen))


def _headers(files: Tree, entries: Sequence[Entry], reading: Reading) -> tuple[list[Entry], list[Sound]]:
    """The sounds that can be opened."""

    def look(entry: Entry) -> Sound | str:
        try:
            return sound(files, entry.file)
        except DataError as error:
            return f"{error} It is left out."

    looked = in_threads(look, entries, "Looking at sounds", reading)
    kept = [(e, each) for e, each in zip(entries, looked, strict=True) if isinstance(each, Sound)]
    bad = [each for each in looked if isinstance(each, str)]
    odd = [each.problem for _, each in kept if each.problem]
    for problem in [*several(bad, "sounds are left out"), *several(odd, "are cut short")]:
        reading.say(problem)
    if len(kept) < 2:
        raise DataError(
            f"Only {len(kept)} of the {len(entries):,} sounds in {files.path} can be read. {bad[-1] if bad else ''}"
        )
    return [entry for entry, _ in kept], [each for _, each in kept]


def _rate(headers: Sequence[Sound], reading: Reading) -> int:
    rates = Counter(each.rate for each in headers)
    usual = rates.most_common(1)[0][0]
    rate = reading.whole("rate", 0, 0, 192_000) or usual
    if rate < 100:
        raise DataError(f'The option "rate" is a number of samples a second, from 100 on, not {rate}.')
    if len(rates) > 1:
        told = ", ".join(f"{count:,} with {each:,} Hz" for each, count in rates.most_common(6))
        reading.say(f"The sounds have several sampling rates ({told}); all become {rate:,} Hz.")
    reading.understood["rate"] = rate
    return rate


def _length(headers: Sequence[Sound], rate: int, reading: Reading) -> int:
    """Samples of every sound."""
    seconds = np.array([each.seconds for each in headers])
    usual = float(np.quantile(seconds, _SHARE_OF_LENGTHS))
    # Sounds that are nearly alike are not worth cutting.
    usual = float(seconds.max()) if seconds.max() <= 1.1 * usual else usual
    wanted = reading.number("length", 0.0, 0, 3_600) or float(np.ceil(usual * 1_000) / 1_000)
    frames = max(1, round(wanted * rate))
    reading.understood["length"] = wanted
    if longer := int((np.round(seconds * rate) > frames).sum()):
        reading.say(
            f"{longer:,} of {len(headers):,} sounds are longer than {wanted:g} s and are cut there; "
            "the option “length” keeps more."
        )
    numbers, edges = np.histogram(seconds, bins=_BINS)
    reading.figures += [
        Figure("Seconds", "histogram", (), tuple(map(int, numbers)), tuple(map(float, edges))),
        _counted("Sampling rate (Hz)", [f"{each.rate:,}" for each in headers]),
        _counted("Channels", [str(each.channels) for each in headers]),
    ]
    return frames


def _counted(heading: str, values: Sequence[str]) -> Figure:
    counts = Counter(values).most_common(20)
    return Figure(heading, "bars", tuple(name for name, _ in counts), tuple(n for _, n in counts))


def _mel(rate: int, reading: Reading) -> Mel:
    bands = reading.whole("mels", 64 if rate > 8_000 else 40, 2, 512)
    window, hop = (reading.number(name, usual, 1, 1_000) for name, usual in (("window", 25.0), ("hop", 10.0)))
    low, high = (reading.number(name, 0.0, 0, rate / 2) for name in ("low", "high"))
    if high and high <= low:
        raise DataError(f"The highest frequency ({high:g} Hz) is not above the lowest ({low:g} Hz).")
    reading.understood |= {"mels": bands, "window": window, "hop": hop, "low": low, "high": high or rate / 2}
    return Mel(
        rate, bands, max(2, round(window * rate / 1_000)), max(1, round(hop * rate / 1_000)), low, high
    )


def _decoded(files: Tree, entries: list[Entry], headers: list[Sound], reading: Reading) -> Content:
    rate = _rate(headers, reading)
    frames = _length(headers, rate, reading)
    features = reading.choice("features", list(FEATURES), "mel")
    first = reading.choice("channel", list(CHANNELS), "mix") == "first"
    reading.understood |= {"features": features, "channel": "first" if first else "mix"}
    mel = _mel(rate, reading) if features == "mel" else None
    shape = (len(headers), 1, mel.bands, mel.frames(frames)) if mel else (len(headers), 1, frames)
    if 4 * np.prod(shape, dtype=np.int64) > _MOST_BYTES:
        raise DataError(
            f"{len(headers):,} sounds of {frames / rate:g} s take more than 16 GB. Set the option “length” or "
            "“rate” lower."
        )
    room = reading.array(features, shape, np.float32)
    curves = reading.array("_curve", (len(headers), CURVE), np.float32)
    kept = np.ones(len(headers), dtype=bool)

    def decode(start: int) -> list[str]:
        problems = []
        waves = np.zeros((min(_BATCH, len(headers) - start), frames), dtype=np.float32)
        for i, header in enumerate(headers[start : start + len(waves)]):
            try:
                waves[i] = samples(files, header, rate, frames, first)
            except DataError as error:
                kept[start + i] = False
                problems.append(f"{error} It is left out.")
        room[start : start + len(waves), 0] = mel(waves) if mel else waves
        curves[start : start + len(waves)] = outlines(waves)
        return problems

    told = in_threads(decode, range(0, len(headers), _BATCH), "Sounds", reading)
    for problem in several([each for problems in told for each in problems], "sounds are left out"):
        reading.say(problem)
    rows = np.flatnonzero(kept)
    arrays: dict[str, Array] = {features: room, "_curve": curves}
    if len(rows) < len(headers):
        arrays = {name: _closed_up(array, rows) for name, array in arrays.items()}
    return _content(files.path, [entries[i] for i in rows], arrays, rate, mel, reading)


def _closed_up(array: Array, rows: Index) -> Array:
    """Only these rows, which are in order: moved where they are, since all of them may not fit into the memory."""
    for place, row in enumerate(rows):
        if place != row:
            array[place] = array[row]
    return array[: len(rows)]


def outlines(waves: Floats) -> Floats:
    """N waves as N curves of CURVE points that show their loudest moments."""
    frames = waves.shape[1]
    if frames <= CURVE:
        return np.pad(waves, ((0, 0), (0, CURVE - frames)))
    cuts = np.linspace(0, frames, CURVE // 2 + 1).astype(np.int64)[:-1]
    low, high = np.minimum.reduceat(waves, cuts, axis=1), np.maximum.reduceat(waves, cuts, axis=1)
    return np.stack([low, high], axis=2).reshape(len(waves), CURVE)


def _content(
    path: Path,
    entries: Sequence[Entry],
    arrays: dict[str, Array],
    rate: int,
    mel: Mel | None,
    reading: Reading,
) -> Content:
    if len(entries) < 2:
        raise DataError(f"Only {len(entries)} of the sounds in {path} can be used.")
    names: tuple[str, ...] = ()
    if entries[0].label:
        names, label = numbered(entries)
        if len(names) < 2:
            raise DataError(
                f"All sounds of {path} are of the class “{names[0]}”: there is nothing to tell apart."
            )
        arrays["label"] = label
    given = parts_of([entry.split for entry in entries])
    splits = divided(reading, arrays["label"] if names else len(entries), given)
    values = arrays["mel" if mel else "wave"]
    facts: dict[str, float | int] = {"rate": rate}
    if names:
        facts["classes"] = len(names)
    if mel:
        mean, deviation = _standardised(values, splits["train"])
        facts |= {
            "mels": values.shape[2], "frames": values.shape[3], "mel_mean": mean, "mel_std": deviation
        }  # fmt: skip
    else:
        facts["samples"] = values.shape[2]
    frames = values.shape[3] * mel.hop if mel else values.shape[2]
    arrays["_rate"] = np.array([rate * CURVE / max(frames, CURVE)])
    outputs = {"mel" if mel else "wave": TensorSpec(("N", *values.shape[1:]), "float")}
    if names:
        outputs["label"] = TensorSpec(("N",), "index", len(names))
    schema = Schema(
        id=slug(path),
        title=title(path),
        outputs=outputs,
        facts=facts,
        kind="audio",
        items=len(entries),
        labels=names,
    )
    return Content(schema, arrays, splits)


def _standardised(values: Array, train: Index) -> tuple[float, float]:
    """Mean and deviation of the part to train on; every value is measured in them from then on."""
    total = squares = 0.0
    count = 0
    for start in range(0, len(train), 256):
        some = np.asarray(values[train[start : start + 256]], dtype=np.float64)
        total, squares, count = total + some.sum(), squares + (some**2).sum(), count + some.size
    mean = total / max(1, count)
    deviation = float(np.sqrt(max(squares / max(1, count) - mean**2, 0.0))) or 1.0
    for start in range(0, len(values), 256):
        values[start : start + 256] = (np.asarray(values[start : start + 256], np.float32) - mean) / deviation
    return float(mean), deviation


def suits(path: Path) -> str:
    """A folder or an archive that holds mostly sounds."""
    if is_archive(path):
        names = names_in(path, 2_000)
        sounds = [name for name in names if ends(name, SUFFIXES)]
        return f"it has sounds such as {sounds[0]}" if len(sounds) > 0.5 * len(names) > 0 else ""
    if not path.is_dir():
        return ""
    count, files, first = glanced(path, SUFFIXES)
    return f"it has sounds such as {first}" if first and count >= 0.5 * files else ""


def _files(path: Path, reading: Reading) -> list[Path]:
    return files_of(path, SUFFIXES | images_labels.TABLES)


READER = Reader(
    "audio",
    "sounds",
    (
        Option("features", "As", "What a model gets of a sound.", "choice", "mel", tuple(FEATURES.items())),
        Option("label_from", "Classes", "What says the class.", "choice", "", tuple(SOURCES.items())),
        Option(
            "pattern",
            "Pattern of names",
            "How files are called, without their ending: {label}_{speaker}_{index}, {*} for what does not matter.",
        ),
        Option(
            "test_when",
            "Test where",
            "Which sounds test, by parts of the pattern: index<5, or speaker=theo and index>=10.",
        ),
        Option("labels", "Table of classes", "The file that names sounds and their classes."),
        Option("target", "Class column", "The column of that table with the class.", "column"),
        Option(
            "rate",
            "Samples a second",
            "Others are converted; empty: as most have.",
            "number",
            None,
            min=100,
            max=192_000,
        ),
        Option(
            "length",
            "Seconds",
            "Longer sounds are cut, shorter ones filled with silence; empty: as long as 95 % of them.",
            "number",
            None,
            min=0.001,
            max=3_600,
        ),
        Option(
            "channel",
            "Channels",
            "What becomes of several.",
            "choice",
            "mix",
            tuple(CHANNELS.items()),
            advanced=True,
        ),
        Option("mels", "Mel bands", "Rows of the spectrogram.", "number", None, min=2, max=512),
        Option(
            "window",
            "Window (ms)",
            "Of the Fourier transform.",
            "number",
            25,
            min=1,
            max=1_000,
            advanced=True,
        ),
        Option(
            "hop", "Step (ms)", "From one window to the next.", "number", 10, min=1, max=1_000, advanced=True
        ),
        Option("low", "Lowest (Hz)", "Where the mel bands begin.", "number", 0, min=0, advanced=True),
        Option(
            "high",
            "Highest (Hz)",
            "Where they end; empty: half the rate.",
            "number",
            None,
            min=0,
            advanced=True,
        ),
        *OPTIONS,
    ),
    suits,
    _files,
    read,
)
