"""Samples that are made up here, so that every family of models has something to train on without a download.

May import NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from workbench.catalog.samples import SAMPLES
from workbench.catalog.schema import OUTSIDE
from workbench.engine.readers.content import Array, Content
from workbench.engine.readers.graphs import one_hot, undirected
from workbench.engine.readers.reader import Reading
from workbench.engine.readers.split import SEED, divided, stratified_split
from workbench.engine.readers.tokens import Vocabulary

# NumPy promises never to change the stream of RandomState.
Random = np.random.RandomState


def _rings() -> Content:
    """Random trees; half of them get a ring whose nodes carry the rest of the tree."""
    schema, random = SAMPLES["rings"], Random(SEED)
    nodes, links = [0], [0]
    pairs: list[NDArray[np.int64]] = []
    label = np.arange(schema.items, dtype=np.int64) % 2
    for kind in label:
        size = int(random.randint(8, 23))
        ring = int(random.randint(5, 7)) if kind else 1
        edges = [(node, (node + 1) % ring) for node in range(ring)] if kind else []
        edges += [(node, int(random.randint(max(0, node - 4), node))) for node in range(ring, size)]
        both = undirected(np.array(edges, dtype=np.int64).T, size)
        pairs.append(both)
        nodes.append(nodes[-1] + size)
        links.append(links[-1] + both.shape[1])
    whole = np.concatenate(pairs, axis=1)
    starts = np.array(nodes, dtype=np.int64)
    targets = whole[1] + np.repeat(starts[:-1], np.diff(links))
    degree = np.minimum(np.bincount(targets, minlength=nodes[-1]), 7)
    arrays: dict[str, Array] = {
        "x": one_hot(degree, 8),
        "edges": whole,
        "label": label,
        "nodes": starts,
        "links": np.array(links, dtype=np.int64),
        "_kinds": degree,
    }
    return Content(schema, arrays, stratified_split(label), "graphs")


def _pictures(items: int) -> tuple[Array, Array, NDArray[np.int64]]:
    """Noisy pictures of a disc and a square, the same without noise, and what each pixel belongs to."""
    random = Random(SEED)
    rows, columns = np.mgrid[:32, :32]
    image = np.empty((items, 1, 32, 32), dtype=np.uint8)
    clear = np.empty((items, 1, 32, 32), dtype=np.uint8)
    mask = np.zeros((items, 32, 32), dtype=np.int64)
    for item in range(items):
        top, left = random.randint(6, 26, 2)
        disc = (rows - top) ** 2 + (columns - left) ** 2 <= int(random.randint(3, 7)) ** 2
        top, left, side = (*random.randint(2, 20, 2), random.randint(5, 11))
        square = (rows >= top) & (rows < top + side) & (columns >= left) & (columns < left + side)
        mask[item][disc] = 1
        mask[item][square] = 2
        light = random.uniform(0.45, 0.9, 2)
        clean = np.where(square, light[1], np.where(disc, light[0], 0.15))
        noisy = clean + random.normal(0, 0.12, clean.shape)
        image[item, 0] = np.clip(np.rint(noisy * 255), 0, 255).astype(np.uint8)
        clear[item, 0] = np.rint(clean * 255).astype(np.uint8)
    return image, clear, mask


def _shapes() -> Content:
    schema = SAMPLES["shapes"]
    image, _, mask = _pictures(schema.items)
    splits = stratified_split(np.zeros(schema.items))
    return Content(schema, {"image": image, "mask": mask}, splits, divisors={"image": 255})


def _grains() -> Content:
    schema = SAMPLES["grains"]
    image, clear, _ = _pictures(schema.items)
    splits = stratified_split(np.zeros(schema.items))
    return Content(schema, {"image": image, "target": clear}, splits, divisors={"image": 255, "target": 255})


def _solids() -> Content:
    schema, random = SAMPLES["solids"], Random(SEED)
    size = (16, 24, 24)
    grid = np.mgrid[:16, :24, :24]
    volume = np.empty((schema.items, 1, *size), dtype=np.uint8)
    mask = np.zeros((schema.items, *size), dtype=np.int64)
    for item in range(schema.items):
        middle = np.array([random.randint(5, side - 5) for side in size]).reshape(3, 1, 1, 1)
        ball = ((grid - middle) ** 2).sum(0) <= int(random.randint(3, 6)) ** 2
        length = int(random.randint(4, 9))
        corner = np.array([random.randint(1, side - length) for side in size]).reshape(3, 1, 1, 1)
        cube = ((grid >= corner) & (grid < corner + length)).all(0)
        mask[item][ball] = 1
        mask[item][cube] = 2
        light = random.uniform(0.45, 0.9, 2)
        clean = np.where(cube, light[1], np.where(ball, light[0], 0.15))
        noisy = clean + random.normal(0, 0.12, size)
        volume[item, 0] = np.clip(np.rint(noisy * 255), 0, 255).astype(np.uint8)
    splits = stratified_split(np.zeros(schema.items))
    return Content(schema, {"volume": volume, "mask": mask}, splits, divisors={"volume": 255})


def _glides() -> Content:
    schema, random = SAMPLES["glides"], Random(SEED)
    label = np.arange(schema.items, dtype=np.int64) % 3
    bands, frames = np.mgrid[:32, :40]
    mel = np.empty((schema.items, 1, 32, 40), dtype=np.float32)
    for item, way in enumerate(label):
        slope = (int(way) - 1) * random.uniform(0.15, 0.4)
        tone = random.uniform(9, 16) + slope * (frames - 20)
        loud = np.exp(-((bands - tone) ** 2) / 2) + 0.5 * np.exp(-((bands - tone - 9) ** 2) / 2)
        mel[item, 0] = 2.5 * loud - 0.4 + random.normal(0, 0.7, loud.shape)
    return Content(schema, {"mel": mel, "label": label}, stratified_split(label))


_NOUNS = "cat dog bird fish horse tree house river star child".split()
_LIKE = "red old small quiet bright lost".split()
_DO = "sleeps sings waits falls shines hides grows turns".split()
_SOURCE = ("<pad>", "<unk>", "the", "a", ".", "and", *_NOUNS, *_LIKE, *_DO)
# The other language writes every word backwards.
_SPOKEN = tuple(word[::-1] for word in (*_NOUNS, *_LIKE, *_DO))
_TARGET = ("<pad>", "<unk>", "<s>", "</s>", "il", "un", "e", ".", *_SPOKEN, "nu")


def _phrases() -> Content:
    schema, random = SAMPLES["phrases"], Random(SEED)
    theirs = {word: number for number, word in enumerate(_SOURCE)}
    ours = {word: number for number, word in enumerate(_TARGET)}
    source = np.zeros((schema.items, 6), dtype=np.int64)
    target = np.zeros((schema.items, 6), dtype=np.int64)
    following = np.full((schema.items, 6), OUTSIDE, dtype=np.int64)
    length = np.zeros(schema.items, dtype=np.int64)
    for item in range(schema.items):
        one = int(random.randint(2))
        noun, like, do = (words[random.randint(len(words))] for words in (_NOUNS, _LIKE, _DO))
        described = bool(random.randint(4))
        said = [("the", "a")[one], *([like] if described else []), noun, do]
        written = [("il", "un")[one], noun[::-1], *([like[::-1]] if described else []), do[::-1]]
        length[item] = len(said)
        source[item, : len(said)] = [theirs[word] for word in said]
        target[item, : len(written) + 1] = [ours["<s>"], *(ours[word] for word in written)]
        following[item, : len(written) + 1] = [*(ours[word] for word in written), ours["</s>"]]
    arrays: dict[str, Array] = {
        "source": source,
        "source_length": length,
        "target": target,
        "next": following,
    }
    known = {
        "source": Vocabulary("words", _SOURCE, _SOURCE[:2]),
        "target": Vocabulary("words", _TARGET, _TARGET[:4]),
    }
    return Content(schema, arrays, stratified_split(np.zeros(schema.items)), vocabularies=known)


def _gestures() -> Content:
    schema, random = SAMPLES["gestures"], Random(SEED)
    label = np.arange(schema.items, dtype=np.int64) % 3
    steps = np.arange(64)
    x = np.empty((schema.items, 64, 2), dtype=np.float32)
    for item, form in enumerate(label):
        phase = steps / random.uniform(12, 26) + random.uniform(0, 1)
        for channel, shift in enumerate((0.0, 0.25)):
            turn = (phase + shift) % 1
            wave = (np.sin(2 * np.pi * turn), np.sign(0.5 - turn), 2 * turn - 1)[form]
            x[item, :, channel] = wave * random.uniform(0.7, 1.3) + random.normal(0, 0.35, 64)
    length = np.full(schema.items, 64, dtype=np.int64)
    return Content(schema, {"x": x, "length": length, "label": label}, stratified_split(label))


def _adding() -> Content:
    """Numbers, and a mark at one of the first half and at one of the second."""
    schema, random = SAMPLES["adding"], Random(SEED)
    items, steps = schema.items, 50
    numbers, marks = random.uniform(size=(items, steps)), np.zeros((items, steps))
    for start in (0, steps // 2):
        marks[np.arange(items), random.randint(start, start + steps // 2, items)] = 1
    arrays: dict[str, Array] = {
        "x": np.stack([numbers, marks], axis=2).astype(np.float32),
        "target": (numbers * marks).sum(1, keepdims=True).astype(np.float32),
    }
    return Content(schema, arrays, stratified_split(np.zeros(items)))


_LETTERS, _WAIT, _ASKED = 4, 8, 9


def _copying() -> Content:
    """Four of eight letters, a long wait, and as many questions as there were letters."""
    schema, random = SAMPLES["copying"], Random(SEED)
    items, steps = schema.items, int(schema.facts["length"])
    letters = random.randint(0, _WAIT, (items, _LETTERS))
    tokens = np.full((items, steps), _WAIT, dtype=np.int64)
    target = np.full((items, steps), OUTSIDE, dtype=np.int64)
    tokens[:, :_LETTERS], tokens[:, -_LETTERS:] = letters, _ASKED
    target[:, -_LETTERS:] = letters
    known = {"tokens": Vocabulary("characters", (*schema.labels, "·", "?"))}
    splits = stratified_split(np.zeros(items))
    return Content(schema, {"tokens": tokens, "target": target}, splits, vocabularies=known)


def _tides() -> Content:
    schema, random = SAMPLES["tides"], Random(SEED)
    hours = np.arange(schema.items)
    level = np.sin(2 * np.pi * hours / 12.42) + 0.5 * np.sin(2 * np.pi * hours / 24)
    level = (level + random.normal(0, 0.1, len(hours)))[:, None].astype(np.float32)
    window, horizon = int(schema.facts["window"]), int(schema.facts["horizon"])
    whole = divided(Reading(), schema.items, ordered=True)
    # A window and what follows it lie in one part, so that no part sees a number of another.
    starts = {name: rows[: len(rows) - window - horizon + 1] for name, rows in whole.items()}
    return Content(schema, {"x": level, "y": level}, starts, "windows", window=window, horizon=horizon)


_THINGS = "film book meal hotel song play phone train garden game".split()
_GOOD = "good great lovely fine brilliant superb charming".split()
_BAD = "bad awful dull poor dreadful boring broken".split()
_DEGREES = "really quite very so rather".split()
_OTHERS = "the was not i we found think this and it in my opinion".split()
_WORDS = ("<pad>", "<unk>", *_THINGS, *_GOOD, *_BAD, *_DEGREES, *_OTHERS, ".")


def _opinions() -> Content:
    schema, random = SAMPLES["opinions"], Random(SEED)
    place = {word: number for number, word in enumerate(_WORDS)}
    label = np.arange(schema.items, dtype=np.int64) % 2
    tokens = np.zeros((schema.items, 16), dtype=np.int64)
    length = np.zeros(schema.items, dtype=np.int64)
    for item, kind in enumerate(label):
        turned = bool(random.randint(2))
        words = _GOOD if bool(kind) != turned else _BAD
        subject = ("the", "this", "my")[random.randint(3)], _THINGS[random.randint(len(_THINGS))]
        judged = [*(["not"] if turned else []), _DEGREES[random.randint(5)], words[random.randint(7)]]
        sentence = [[*subject, "was", *judged, "."], ["i", "found", *subject, *judged, "."]][
            random.randint(2)
        ]
        if random.randint(2):
            sentence = [*("in", "my", "opinion"), *sentence]
        tokens[item, : len(sentence)] = [place[word] for word in sentence]
        length[item] = len(sentence)
    arrays: dict[str, Array] = {"tokens": tokens, "length": length, "label": label}
    known = Vocabulary("words", _WORDS, _WORDS[:2], lower=True)
    return Content(schema, arrays, stratified_split(label), vocabularies={"tokens": known})


MADE: Mapping[str, Callable[[], Content]] = {
    "rings": _rings,
    "shapes": _shapes,
    "grains": _grains,
    "solids": _solids,
    "glides": _glides,
    "phrases": _phrases,
    "gestures": _gestures,
    "adding": _adding,
    "copying": _copying,
    "tides": _tides,
    "opinions": _opinions,
}
