"""How well a few typed letters fit a text.  Standard library only."""

from functools import lru_cache

_BREAKS = " -_./·("


@lru_cache(
    maxsize=50_000
)  # names of types are asked for again with every letter that is taken back or typed anew
def score(query: str, text: str) -> float:
    """0 where the text does not hold the letters in order; higher the better.  Each word typed must fit."""
    total = 0.0
    low = text.lower()
    for term in query.lower().split():
        fit = _term(term, low, text)
        if fit == 0:
            return 0.0
        total += fit
    return total / (1 + 0.002 * len(text)) if total else 1.0


def _term(term: str, low: str, text: str) -> float:
    at = low.find(term)
    if at >= 0:
        while at > 0 and not _starts_word(at, text) and (later := low.find(term, at + 1)) >= 0:
            at = later
        whole = 40.0 if len(term) == len(low) else 0.0
        start = 30.0 if at == 0 else 20.0 if _starts_word(at, text) else 0.0
        return 100.0 + whole + start - 0.2 * min(at, 40)
    points, last = 0.0, -1
    for letter in term:
        found = low.find(letter, last + 1)
        if found < 0:
            return 0.0
        if found == last + 1:
            points += 4
        elif _starts_word(found, text):
            points += 6
        else:
            points += 1 - 0.01 * min(50, found - last)
        last = found
    return points * 8 / max(4, len(term)) if points > 2 * len(term) else 0.0


def _starts_word(at: int, text: str) -> bool:
    if at == 0 or text[at - 1] in _BREAKS:
        return True
    return text[at].isupper() and not text[at - 1].isupper()
