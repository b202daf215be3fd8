"""Closes wide empty gaps between things that stand far apart, and keeps their order.  Core only."""

from collections.abc import Iterable

Span = tuple[float, float]


class Gaps:
    """The gaps along one direction that are wider than `widest`; each is closed to `left`.

    Gives the new place of what stands at an old one; what stands before the first gap stays.
    """

    def __init__(self, spans: Iterable[Span], widest: float, left: float) -> None:
        self._left = left
        self._gaps: list[Span] = []
        reached: float | None = None
        for start, end in sorted(spans):
            if reached is not None and start - reached > widest:
                self._gaps.append((reached, start))
            reached = end if reached is None else max(reached, end)

    def place(self, at: float) -> float:
        """Where a place is once the gaps are closed."""
        closed = 0.0
        for start, end in self._gaps:
            share = 1 - self._left / (end - start)
            closed += max(0.0, min(at, end) - start) * share
        return at - closed

    def group(self, at: float) -> int:
        """How many of the gaps lie before a place."""
        return sum(end <= at for _, end in self._gaps)
