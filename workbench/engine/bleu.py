"""BLEU, which compares texts with references by their n-grams (Papineni et al. 2002). Standard library only."""

import math
from collections import Counter
from collections.abc import Sequence

_LONGEST = 4


def corpus_bleu(texts: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> float:
    """BLEU of 0 … 100 of texts that are already cut into words, with one reference for each, without smoothing."""
    right, whole = [0] * _LONGEST, [0] * _LONGEST
    for text, reference in zip(texts, references, strict=True):
        for size in range(1, _LONGEST + 1):
            found, wanted = _pieces(text, size), _pieces(reference, size)
            right[size - 1] += sum((found & wanted).values())
            whole[size - 1] += found.total()
    if not all(right):
        return 0.0
    written, wanted_length = sum(map(len, texts)), sum(map(len, references))
    brevity = min(1.0, math.exp(1 - wanted_length / written))
    shares = (math.log(part / all_) for part, all_ in zip(right, whole, strict=True))
    return 100 * brevity * math.exp(sum(shares) / _LONGEST)


def _pieces(words: Sequence[str], size: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[start : start + size]) for start in range(len(words) - size + 1))
