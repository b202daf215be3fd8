"""Which weights of a file go into which of a program: by name, never by shape alone. Standard library only."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(slots=True)
class Match:
    """What became of all weights. `taken` holds, by name in the program, the name in the file."""

    taken: dict[str, str] = field(default_factory=dict)
    other_shape: dict[str, str] = field(default_factory=dict)
    """Alike, of those whose name fits but whose shape does not."""
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """Of those, the shape in the file."""
    missing: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    moved: list[tuple[str, str]] = field(default_factory=list)
    """Places of the program with the place in the file whose names go on alike there."""


def match(program: Shapes, file: Shapes) -> Match:
    """Full names first; then names below a common place, such as `encoder.0.weight` for `body.encoder.0.weight`.

    The pair of places under which most weights fit is taken first. A place that would do as well as another is
    ambiguous, and so is left alone. At least a module's name and its weight's must agree.
    """
    found = Match()
    for name in program:
        if name in file:
            _put(found, program, file, name, name)
    while True:
        ours = [name for name in program if name not in found.taken and name not in found.other_shape]
        used = {*found.taken.values(), *found.other_shape.values()}
        theirs = [name for name in file if name not in used]
        places = _places(program, file, ours, theirs)
        if places is None:
            break
        found.moved.append(places)
        for name, other in _pairs(places, ours, {*theirs}):
            _put(found, program, file, name, other)
    found.missing = ours
    found.unused = theirs
    return found


def _put(found: Match, program: Shapes, file: Shapes, name: str, other: str) -> None:
    if program[name] == file[other]:
        found.taken[name] = other
    else:
        found.other_shape[name] = other
        found.shapes[name] = file[other]


def _places(
    program: Shapes, file: Shapes, ours: Collection[str], theirs: Collection[str]
) -> tuple[str, str] | None:
    """The two places below which most weights have the same names, some with the same shape; None for none that is
    the only one of its kind: shapes alone decide nothing.
    """
    ends: dict[str, list[str]] = {}
    for other in theirs:
        for place, end in _cuts(other):
            ends.setdefault(end, []).append(place)
    counts: Counter[tuple[str, str]] = Counter()
    fitting: set[tuple[str, str]] = set()
    for name in ours:
        for place, end in _cuts(name):
            for there in ends.get(end, ()):
                counts[place, there] += 1
                if program[name] == file[_joined(there, end)]:
                    fitting.add((place, there))
    if not fitting:
        return None
    most = max(counts[places] for places in fitting)
    best = [places for places, count in counts.items() if count == most]
    # Longer ends say more: of places that hold one another, the outer ones are meant.
    depth = min(_depth(places) for places in best)
    best = [places for places in best if _depth(places) == depth]
    alone = [
        places
        for places in best
        if not any(other != places and (other[0] == places[0] or other[1] == places[1]) for other in best)
    ]
    return next((places for places in alone if places in fitting), None)


def _pairs(places: tuple[str, str], ours: Collection[str], theirs: Collection[str]) -> list[tuple[str, str]]:
    """Names of the program below one place, with those of the file below the other that go on alike."""
    pairs = []
    for name in ours:
        for place, end in _cuts(name):
            other = _joined(places[1], end)
            if place == places[0] and other in theirs:
                pairs.append((name, other))
    return pairs


def _cuts(name: str) -> list[tuple[str, str]]:
    """A name as a place and what follows, which has two words at least: `a.b.c.weight` as `a` and `b.c.weight`."""
    words = name.split(".")
    return [(".".join(words[:cut]), ".".join(words[cut:])) for cut in range(len(words) - 1)]


def _joined(place: str, end: str) -> str:
    return f"{place}.{end}" if place else end


def _depth(places: tuple[str, str]) -> int:
    return sum(len(place.split(".")) if place else 0 for place in places)
