"""What readers of texts share: options about tokens, texts as rows of tokens of one length, and figures.

May import NumPy and the readers' own modules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench.core.errors import DataError
from workbench.engine.readers.content import Array, Index
from workbench.engine.readers.figures import whole_histogram
from workbench.engine.readers.files import MEGABYTE, decoded, opened, read_text, size_text
from workbench.engine.readers.reader import Figure, Option, Reading
from workbench.engine.readers.tokens import KINDS, PAD, UNKNOWN, Kind, Vocabulary, learned

SUFFIXES = (".txt", ".md", ".rst", ".text")
MAX_TEXT = 512 * MEGABYTE
# A look at the first items reads so much of a file.
_LOOK = MEGABYTE
# ... and takes at least so many texts of it, or hardly a word would occur twice.
_TEXTS = 2_000

_SIZES: dict[Kind, int] = {"characters": 10_000, "words": 20_000, "bpe": 4_096}
_LEAST: dict[Kind, int] = {"characters": 1, "words": 2, "bpe": 2}
_SHARE_OF_LENGTHS = 0.99
_BARS = 30
_BINS = 30
# Texts that are encoded at a time.
_BATCH = 8_192
# Rows times tokens that one set may have.
_MOST_CELLS = 2**29

ENCODING = Option("encoding", "Encoding", "Of the text, such as utf-8 or latin-1.", advanced=True)
TOKENS = (
    Option(
        "tokens",
        "Tokens",
        "What a text is cut into.",
        "choice",
        "",
        (("", "As it suits the text"), *KINDS.items()),
    ),
    Option(
        "vocabulary",
        "Vocabulary",
        "How many different tokens there may be; the rarest are left out.",
        "number",
        None,
        min=3,
        max=1_000_000,
    ),
    Option(
        "min_count",
        "At least",
        "How often a token must occur to be in the vocabulary.",
        "number",
        None,
        min=1,
        max=1_000_000,
        advanced=True,
    ),
    Option("lower", "Lower case", "Whether capital letters become small ones.", "switch", False),
)
LENGTH = Option(
    "length",
    "Longest",
    "Tokens of a text that are kept; empty: as many as 99 % of the texts have.",
    "number",
    None,
    min=1,
    max=100_000,
)


def text_of(path: Path, reading: Reading, limit: int = MAX_TEXT) -> str:
    """The text of a file, or its beginning where the first items are enough."""
    encoding = reading.text("encoding")
    if not reading.limit:
        return read_text(path, limit, encoding)
    with opened(path) as stream:
        head = stream.read(_LOOK + 1)
    if len(head) <= _LOOK:
        return decoded(path, head, encoding) if head else read_text(path, limit, encoding)
    # A letter may be cut at the end: lines are complete.
    end = head.rfind(b"\n", 0, _LOOK) + 1 or _LOOK
    wide = head[:2] in (b"\xff\xfe", b"\xfe\xff")
    if wide:
        end += end % 2
    for cut in range(4):
        try:
            head[: end - cut].decode(encoding or ("utf-16" if wide else "utf-8"))
        except (UnicodeDecodeError, LookupError):
            continue
        return decoded(path, head[: end - cut], encoding)
    return decoded(path, head[:end], encoding)


def enough(reading: Reading, texts: int) -> int:
    """How many of the texts this reading wants."""
    return min(texts, max(reading.limit, _TEXTS)) if reading.limit else texts


def vocabulary_of(
    reading: Reading, texts: Sequence[str], usual: Kind, specials: Sequence[str] = ()
) -> Vocabulary:
    """The vocabulary of texts as the options want it; `usual` kinds of tokens where they do not say."""
    chosen = reading.choice("tokens", list(KINDS), usual)
    kind: Kind = next(known for known in _SIZES if known == chosen)
    size = reading.whole("vocabulary", _SIZES[kind], 3, 1_000_000)
    least = reading.whole("min_count", _LEAST[kind], 1, 1_000_000)
    lower = bool(reading.switch("lower", False))
    reading.understood |= {"tokens": kind, "vocabulary": size, "min_count": least, "lower": lower}
    known = learned(kind, texts, size=size, min_count=least, lower=lower, specials=specials)
    if len(known) <= len(known.specials):
        raise DataError(
            f"No token occurs {least} times. Lower the option “min_count”, or choose other tokens."
        )
    return known


@dataclass(frozen=True)
class Rows:
    """Texts as rows of tokens, cut to one length and filled up with padding (0)."""

    tokens: Array
    lengths: Index


def rows_of(
    reading: Reading,
    vocabulary: Vocabulary,
    texts: Sequence[str],
    name: str = "tokens",
    *,
    before: Sequence[int] = (),
    after: Sequence[int] = (),
    what: str = "texts",
) -> Rows:
    """Each text's tokens between those that stand before and after it.

    Longer ones are cut to the option “length”, and told.  `lengths` counts what is no padding.
    """
    parts: list[tuple[NDArray[np.int32], NDArray[np.int64]]] = []
    seen = np.zeros(len(vocabulary), dtype=np.int64)
    for first in range(0, len(texts), _BATCH):
        reading.progress("Tokens", first, len(texts))
        parts.append(vocabulary.encode(texts[first : first + _BATCH]))
        seen += np.bincount(parts[-1][0], minlength=len(vocabulary))
    counts = np.concatenate([np.zeros(0, dtype=np.int64), *(lengths for _, lengths in parts)])
    longest = reading.whole("length", 0, 0, 100_000) or _usual_length(counts)
    reading.understood.setdefault("length", longest)
    _tell_of_unknown(reading, vocabulary, seen, name)
    extra = len(before) + len(after)
    width = min(longest, int(counts.max(initial=1)) or 1) + extra
    if len(texts) * width > _MOST_CELLS:
        raise DataError(
            f"{len(texts):,} {what} of {width:,} tokens take {size_text(4 * len(texts) * width)}, too much. "
            "Set the option “length” lower."
        )
    if cut := int((counts > longest).sum()):
        reading.say(
            f"{cut:,} of {len(texts):,} {what} are longer than {longest:,} tokens and are cut there; "
            "the option “length” keeps more."
        )
    room = reading.array(name, (len(texts), width), np.int32)
    room[:] = vocabulary.special(PAD) or 0
    room[:, : len(before)] = before
    kept = np.minimum(counts, longest)
    for first, (flat, lengths) in zip(range(0, len(texts), _BATCH), parts, strict=True):
        place = np.arange(len(flat)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        row = first + np.repeat(np.arange(len(lengths)), lengths)
        inside = place < longest
        room[row[inside], place[inside] + len(before)] = flat[inside]
    for offset, token in enumerate(after):
        room[np.arange(len(texts)), kept + len(before) + offset] = token
    reading.figures += _figures(vocabulary, seen, counts, name)
    return Rows(room, kept + extra)


def following(rows: Rows, outside: int) -> tuple[Array, Array, Index]:
    """Tokens, the one after each of them, and their number: `outside` stands where nothing follows."""
    whole, lengths = rows.tokens, rows.lengths - 1
    after = whole[:, 1:].copy()
    after[np.arange(after.shape[1]) >= lengths[:, None]] = outside
    tokens = whole[:, :-1].copy()
    tokens[np.arange(tokens.shape[1]) >= lengths[:, None]] = 0
    return tokens, after, lengths


def token_bars(vocabulary: Vocabulary, counts: NDArray[np.int64], title: str) -> Figure:
    """The most frequent tokens."""
    order = np.argsort(-counts, kind="stable")[:_BARS]
    order = order[counts[order] > 0]
    names = (
        repr(piece)[1:-1] if piece.isspace() or not piece else piece for piece in vocabulary.pieces(order)
    )
    return Figure(title, "bars", tuple(names), tuple(int(counts[place]) for place in order))


def _usual_length(counts: NDArray[np.int64]) -> int:
    """As many tokens as 99 % of the texts have; all of them where that is hardly more."""
    if not len(counts):
        return 1
    usual, most = int(np.quantile(counts, _SHARE_OF_LENGTHS, method="higher")), int(counts.max())
    return max(1, most if most <= 1.25 * usual else usual)


def _tell_of_unknown(reading: Reading, vocabulary: Vocabulary, seen: NDArray[np.int64], name: str) -> None:
    unknown = vocabulary.special(UNKNOWN)
    if reading.limit or unknown is None or not (missing := int(seen[unknown])):
        return
    what = "characters" if vocabulary.kind == "characters" else "words"
    total = int(seen.sum())
    where = "" if name == "tokens" else f" of {name}"
    reading.say(
        f"{missing:,} of {total:,} {what}{where} ({missing / total:.1%}) are not in the vocabulary "
        f"of {len(vocabulary):,} and become {UNKNOWN}."
    )


def _figures(
    vocabulary: Vocabulary, seen: NDArray[np.int64], counts: NDArray[np.int64], name: str
) -> list[Figure]:
    of = "" if name == "tokens" else f" of {name}"
    return [
        whole_histogram(f"Length{of} in tokens", counts, _BINS),
        token_bars(vocabulary, seen, f"Most frequent tokens{of}"),
    ]
