"""Which weights of a file go into which of a program: by name, never by shape alone. Standard library only."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

Shapes = Mapping[str, tuple[int, ...]]
Ends = frozenset[tuple[str, tuple[int, ...]]]
"""What follows a place in the names below it, each with its shape."""
Pair = tuple[Ends, Ends]


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


class _Side:
    """Names of one side that are not matched yet, by the places that they lie below."""

    def __init__(self, shapes: Shapes, names: Collection[str]) -> None:
        self.names = {name: number for number, name in enumerate(names)}
        self.below: dict[str, dict[str, tuple[int, ...]]] = {}
        """By place: what follows it in the names, each with its shape."""
        self._alike: dict[str, Ends] = {}
        for name in names:
            for place, end in _cuts(name):
                self.below.setdefault(place, {})[end] = shapes[name]

    def remove(self, name: str) -> None:
        """It is matched."""
        del self.names[name]
        for place, end in _cuts(name):
            del self.below[place][end]
            self._alike.pop(place, None)
            if not self.below[place]:
                del self.below[place]

    def groups(self) -> dict[Ends, tuple[int, list[str]]]:
        """What follows some place: how deep the outermost of the places lie that it follows alike, and which.

        Equal blocks are compared only once so.
        """
        found: dict[Ends, tuple[int, list[str]]] = {}
        for place, ends in self.below.items():
            alike = self._alike.get(place)
            if alike is None:
                alike = self._alike[place] = frozenset(ends.items())
            depth = _depth(place)
            least, places = found.get(alike, (depth + 1, []))
            if depth < least:
                found[alike] = depth, [place]
            elif depth == least:
                places.append(place)
        return found


def match(program: Shapes, file: Shapes) -> Match:
    """Full names first; then names below a common place, such as `encoder.0.weight` for `body.encoder.0.weight`.

    The pair of places under which most weights fit is taken first. A place that would do as well as another is
    ambiguous, and so is left alone. At least a module's name and its weight's must agree.
    """
    found = Match()
    for name in program:
        if name in file:
            _put(found, program, file, name, name)
    ours = _Side(program, [name for name in program if name not in file])
    theirs = _Side(file, [name for name in file if name not in program])
    while places := _places(ours, theirs):
        found.moved.append(places)
        for end in [end for end in ours.below[places[0]] if end in theirs.below[places[1]]]:
            name, other = _joined(places[0], end), _joined(places[1], end)
            _put(found, program, file, name, other)
            ours.remove(name)
            theirs.remove(other)
    found.missing = list(ours.names)
    found.unused = list(theirs.names)
    return found


def _put(found: Match, program: Shapes, file: Shapes, name: str, other: str) -> None:
    if program[name] == file[other]:
        found.taken[name] = other
    else:
        found.other_shape[name] = other
        found.shapes[name] = file[other]


def _places(ours: _Side, theirs: _Side) -> tuple[str, str] | None:
    """The two places below which most weights have the same names, some with the same shape; None for none that is
    the only one of its kind: shapes alone decide nothing.
    """
    here, there = ours.groups(), theirs.groups()
    counts, fitting = _common(here, there)
    if not fitting:
        return None
    most = max(counts[pair] for pair in fitting)
    best = [pair for pair, count in counts.items() if count == most]
    # Longer ends say more: of places that hold one another, the outer ones are meant.
    depth = min(here[one][0] + there[other][0] for one, other in best)
    best = [(one, other) for one, other in best if here[one][0] + there[other][0] == depth]
    rivals: tuple[Counter[Ends], Counter[Ends]] = Counter(), Counter()
    for one, other in best:
        rivals[0][one] += len(there[other][1])
        rivals[1][other] += len(here[one][1])
    alone = [
        (here[one][1][0], there[other][1][0])
        for one, other in best
        if (one, other) in fitting and rivals[0][one] == rivals[1][other] == 1
    ]
    return min(alone, key=lambda places: _order(ours, theirs, places), default=None)


def _common(here: Iterable[Ends], there: Iterable[Ends]) -> tuple[Counter[Pair], set[Pair]]:
    """How many names go on alike below places of two groups, and the groups where some have the same shape, too."""
    having: dict[str, list[Ends]] = {}
    for other in there:
        for end, _ in other:
            having.setdefault(end, []).append(other)
    counts: Counter[Pair] = Counter()
    fitting: set[Pair] = set()
    for one in here:
        for entry in one:
            for other in having.get(entry[0], ()):
                counts[one, other] += 1
                if entry in other:
                    fitting.add((one, other))
    return counts, fitting


def _order(ours: _Side, theirs: _Side, places: tuple[str, str]) -> tuple[int, int]:
    """The place in the program at which two places first go on alike."""
    ends = theirs.below[places[1]]
    first = next(end for end in ours.below[places[0]] if end in ends)
    return ours.names[_joined(places[0], first)], _depth(places[0])


def _cuts(name: str) -> list[tuple[str, str]]:
    """A name as a place and what follows, which has two words at least: `a.b.c.weight` as `a` and `b.c.weight`."""
    words = name.split(".")
    return [(".".join(words[:cut]), ".".join(words[cut:])) for cut in range(len(words) - 1)]


def _joined(place: str, end: str) -> str:
    return f"{place}.{end}" if place else end


def _depth(place: str) -> int:
    return len(place.split(".")) if place else 0
