"""Texts as numbers: characters, words, or byte-level pairs (BPE) that are learned from the text at hand.

A vocabulary is kept with the dataset's copy (see content.py), so that what a model writes can be read later.
May import NumPy and core; `tokenizers` when pairs are learned or used, not when they are only read back.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from workbench.core.errors import DataError

Kind = Literal["characters", "words", "bpe"]
KINDS: Mapping[str, str] = {"characters": "Characters", "words": "Words", "bpe": "Byte pairs (BPE)"}

PAD, UNKNOWN, START, END = "<pad>", "<unk>", "<s>", "</s>"

# Words with their inner apostrophes, line ends, and every other sign by itself.
_WORDS = re.compile(r"\w+(?:['’]\w+)*|\n|[^\w\s]")
# Parts of a text that byte pairs never reach across; together they are the text.
_SPACED = re.compile(r" ?\S{1,1000}|\s+?(?= \S)|\s+").findall
_NO_SPACE_BEFORE = frozenset(".,;:!?)]}%…»”\n")
_NO_SPACE_AFTER = frozenset("([{«“\n")

# Byte pairs are learned from so much text, taken from all of it; more changes the vocabulary little.
_LEARNED_FROM = 2**25
# What stands between texts where a vocabulary is learned from several: nothing that enters it.
_BETWEEN: Mapping[Kind, str] = {"characters": "", "words": " ", "bpe": "\n"}
_PIECE = 2**16
_CODES = 0x110000


@dataclass(frozen=True)
class Vocabulary:
    """What each token stands for, and how a text becomes tokens.

    `entries` begin with the `specials`, such as <pad> and <unk>; those of byte pairs are in the alphabet in
    which GPT-2 writes bytes.  `merges` are the byte pairs in the order in which they were learned.
    """

    kind: Kind
    entries: tuple[str, ...]
    specials: tuple[str, ...] = ()
    merges: tuple[tuple[str, str], ...] = ()
    lower: bool = False

    def __len__(self) -> int:
        return len(self.entries)

    def special(self, name: str) -> int | None:
        """The number of a special token, or None where there is none."""
        return self.specials.index(name) if name in self.specials else None

    def encode(self, texts: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The tokens of all texts one after the other, and how many each has.

        What the vocabulary lacks is <unk>, or left out where there is no such token.
        """
        if self.lower:
            texts = [text.lower() for text in texts]
        tokens, lengths = _ENCODERS[self.kind](self, texts)
        if self.special(UNKNOWN) is None and (tokens < 0).any():
            known = tokens >= 0
            ends = np.concatenate([[0], np.cumsum(known)])
            places = np.concatenate([[0], np.cumsum(lengths)])
            lengths, tokens = np.diff(ends[places]), tokens[known]
        return tokens, lengths

    def numbers(self, text: str) -> list[int]:
        """The tokens of one text."""
        return [int(token) for token in self.encode([text])[0]]

    def pieces(self, tokens: Iterable[int]) -> list[str]:
        """Each token as it is looked at; a part of a letter of several bytes is �."""
        return [self._piece(int(token)) for token in tokens]

    def decode(self, tokens: Iterable[int]) -> str:
        """The text that tokens stand for, without padding, start and end."""
        silent = {self.special(name) for name in (PAD, START, END)}
        numbers = [number for token in tokens if (number := int(token)) not in silent]
        if self.kind == "words":
            return _joined(self.pieces(numbers))
        if self.kind == "characters":
            return "".join(self.pieces(numbers))
        known = len(self.specials)
        data = b"".join(
            self.entries[number].encode() if number < known else self._bytes(number)
            for number in numbers
            if number < len(self)
        )
        return data.decode("utf-8", errors="replace")

    def to_json(self) -> dict[str, object]:
        """The vocabulary as plain lists and texts."""
        return {
            "kind": self.kind,
            "entries": list(self.entries),
            "specials": list(self.specials),
            "merges": [list(pair) for pair in self.merges],
            "lower": self.lower,
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Vocabulary:
        """The vocabulary that `to_json` wrote.  Raises KeyError, TypeError or ValueError where it is damaged."""
        if data["kind"] not in get_args(Kind):
            raise ValueError(f"unknown kind of tokens {data['kind']!r}")
        pairs = tuple((str(left), str(right)) for left, right in data["merges"])
        entries, specials = (tuple(map(str, data[name])) for name in ("entries", "specials"))
        return Vocabulary(data["kind"], entries, specials, pairs, bool(data["lower"]))

    @cached_property
    def index(self) -> dict[str, int]:
        """The number of each entry that is no special token."""
        first = len(self.specials)
        return {entry: number for number, entry in enumerate(self.entries[first:], first)}

    @cached_property
    def _places(self) -> NDArray[np.int32]:
        """The token of every Unicode code point."""
        unknown = self.special(UNKNOWN)
        places = np.full(_CODES, -1 if unknown is None else unknown, dtype=np.int32)
        first = len(self.specials)
        places[[ord(entry) for entry in self.entries[first:]]] = np.arange(first, len(self))
        return places

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer, models, pre_tokenizers

        first = len(self.specials)
        vocabulary = {entry: number for number, entry in enumerate(self.entries[first:])}
        tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=list(self.merges)))
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        return tokenizer

    def _bytes(self, number: int) -> bytes:
        return bytes(_BYTES[character] for character in self.entries[number])

    def _piece(self, number: int) -> str:
        if not 0 <= number < len(self):
            return "�"
        if self.kind != "bpe" or number < len(self.specials):
            return self.entries[number]
        return self._bytes(number).decode("utf-8", errors="replace")


def learned(
    kind: Kind, texts: Sequence[str], *, size: int, min_count: int, lower: bool, specials: Sequence[str]
) -> Vocabulary:
    """A vocabulary of at most `size` entries, specials included, of what occurs `min_count` times in texts.

    Where characters or words have to be left out there is an <unk> for them.  Raises DataError where `size`
    leaves no room.
    """
    if size <= len(specials) + 1 or (kind == "bpe" and size < len(specials) + 256):
        least = len(specials) + (256 if kind == "bpe" else 2)
        raise DataError(f"A vocabulary of {size} entries is too small: at least {least} are needed here.")
    text = texts[0] if len(texts) == 1 else _BETWEEN[kind].join(texts)
    pieces = (part.lower() if lower else part for part in pieces_of(text))
    if kind == "bpe":
        return _byte_pairs(pieces, len(text), size, min_count, lower, tuple(specials))
    counts = _characters(pieces) if kind == "characters" else _words(pieces)
    often = [entry for entry, count in counts.items() if count >= min_count]
    names = list(specials)
    if UNKNOWN not in names and (len(often) < len(counts) or len(often) + len(names) > size):
        names.append(UNKNOWN)
    kept = sorted(often, key=lambda entry: (-counts[entry], entry))[: size - len(names)]
    entries = sorted(kept) if kind == "characters" else kept
    return Vocabulary(kind, (*names, *entries), tuple(names), lower=lower)


def pieces_of(text: str, size: int = 2**20) -> Iterator[str]:
    """A text in pieces of about that size, cut in front of white space where there is some."""
    start = 0
    while start < len(text):
        end = min(start + size, len(text))
        if end < len(text):
            end = max(text.rfind("\n", start + 1, end), text.rfind(" ", start + 1, end))
            end = end if end > start else start + size
        yield text[start:end]
        start = end


def _characters(pieces: Iterable[str]) -> dict[str, int]:
    counts = np.zeros(_CODES, dtype=np.int64)
    for piece in pieces:
        found = np.bincount(_codes(piece))
        counts[: len(found)] += found
    return {chr(code): int(counts[code]) for code in np.flatnonzero(counts)}


def _words(pieces: Iterable[str]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for piece in pieces:
        counts.update(_WORDS.findall(piece))
    return counts


def _byte_pairs(
    pieces: Iterable[str], total: int, size: int, min_count: int, lower: bool, specials: tuple[str, ...]
) -> Vocabulary:
    import json

    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=size - len(specials),
        min_frequency=min_count,
        initial_alphabet=sorted(_BYTES),
        show_progress=False,
    )
    # Of a text too long, as much of every piece.
    share = min(1.0, _LEARNED_FROM / max(1, total))
    parts = (part for piece in pieces for part in pieces_of(piece[: max(1, int(len(piece) * share))], _PIECE))
    tokenizer.train_from_iterator(parts, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    merges = tuple((left, right) for left, right in map(_pair, model["merges"]))
    entries = sorted(model["vocab"], key=model["vocab"].__getitem__)
    return Vocabulary("bpe", (*specials, *entries), specials, merges, lower)


def _pair(merge: str | list[str]) -> list[str]:
    return merge.split(" ") if isinstance(merge, str) else merge


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


Encoded = tuple[NDArray[np.int32], NDArray[np.int64]]


def _encode_characters(vocabulary: Vocabulary, texts: Sequence[str]) -> Encoded:
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    return vocabulary._places[_codes("".join(texts))], lengths


def _encode_words(vocabulary: Vocabulary, texts: Sequence[str]) -> Encoded:
    unknown = vocabulary.special(UNKNOWN)
    missing = repeat(-1 if unknown is None else unknown)
    return _each(texts, lambda text: map(vocabulary.index.get, _WORDS.findall(text), missing))


def _encode_byte_pairs(vocabulary: Vocabulary, texts: Sequence[str]) -> Encoded:
    """Each different word is encoded once: a text has few, and the tokenizer is the slow part."""
    seen: dict[str, int] = {}
    places, words = _each(texts, lambda text: (seen.setdefault(word, len(seen)) for word in _SPACED(text)))
    parts: list[NDArray[np.int32]] = []
    different = list(seen)
    for start in range(0, len(different), 4096):
        batch = different[start : start + 4096]
        encoded = vocabulary._tokenizer.encode_batch_fast(batch, add_special_tokens=False)
        parts += [np.array(one.ids, dtype=np.int32) for one in encoded]
    sizes = np.fromiter(map(len, parts), dtype=np.int64, count=len(parts))
    flat = np.concatenate([np.zeros(0, dtype=np.int32), *parts]) + np.int32(len(vocabulary.specials))
    counts = sizes[places]
    ends = np.concatenate([[0], np.cumsum(counts)])
    starts = (np.cumsum(sizes) - sizes)[places] - ends[:-1]
    tokens = flat[np.arange(ends[-1]) + np.repeat(starts, counts)]
    return tokens, np.diff(ends[np.concatenate([[0], np.cumsum(words)])])


def _each(texts: Sequence[str], numbers: Callable[[str], Iterable[int]]) -> Encoded:
    """The numbers that each text gives one after the other, and how many they are."""
    found = [np.fromiter(numbers(text), dtype=np.int32) for text in texts]
    lengths = np.fromiter(map(len, found), dtype=np.int64, count=len(found))
    return np.concatenate([np.zeros(0, dtype=np.int32), *found]), lengths


_ENCODERS: Mapping[Kind, Callable[[Vocabulary, Sequence[str]], Encoded]] = {
    "characters": _encode_characters,
    "words": _encode_words,
    "bpe": _encode_byte_pairs,
}


def _joined(words: Sequence[str]) -> str:
    """Words as a text: a space between them, none in front of a full stop or after a bracket."""
    parts: list[str] = []
    for word, before in zip(words, ["\n", *words], strict=False):
        if word not in _NO_SPACE_BEFORE and before not in _NO_SPACE_AFTER:
            parts.append(" ")
        parts.append(word)
    return "".join(parts)


def _byte_alphabet() -> dict[str, int]:
    """GPT-2's way to write each byte as a letter that can be seen."""
    seen = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in seen]
    letters = {chr(byte): byte for byte in seen}
    return letters | {chr(256 + place): byte for place, byte in enumerate(hidden)}


_BYTES = _byte_alphabet()
