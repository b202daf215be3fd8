"""An axis of numbers for a scatter.  Standard library only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Numbers:
    """From low to high, evenly."""

    title: str
    low: float
    high: float
    words: tuple[str, ...] = ()
    log: bool = False

    def share(self, value: float) -> float:
        """Where a value stands, from 0 to 1."""
        return (value - self.low) / (self.high - self.low)
