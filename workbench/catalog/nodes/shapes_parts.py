"""Types that take parts out of a tensor. Imports catalog.spec and core."""

from string import ascii_lowercase

from workbench.catalog import expect
from workbench.catalog.forms import Ints, param
from workbench.catalog.nodes.shapes import axis_of
from workbench.catalog.spec import Call, NodeType, example, node
from workbench.core.errors import ShapeError
from workbench.core.shapes import Dim, TensorSpec


@node(
    "Select step",
    family="structure",
    aliases=("last step", "index", "pick", "slice", "first token", "cls"),
    examples=(
        example(("N", "L", 5)),
        example(("N", 4, 5, 6), dim=2, index=3),
        example(TensorSpec(("N", 7), "index", 9), index=0),
    ),
)
class Select(NodeType):
    """Picks one entry along a dimension, such as the last step of a sequence.

    **Formula** y_f = x[index, f]

    **Shapes** x N×L×F → y N×F.

    **Use when** a sequence gets one answer: the last step of a recurrent layer, the first token of a Transformer.

    **Alternatives** Mean over all steps; the `last` output of LSTM.

    **Reference** Devlin et al. 2019, BERT, reads its answer at the first token; torch.select.
    """

    index: int = param(
        -1, "Which entry; 0 is the first, −1 the last.", min=-1_000_000, max=1_000_000, required=True
    )
    dim: int = param(1, "The dimension that goes away.", min=-5, max=5)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        axis = axis_of(x, self.dim)
        size = x.shape[axis]
        if isinstance(size, int) and not -size <= self.index < size:
            raise ShapeError(f"has no entry {self.index} among the {size} of {x}", "", change=("index", -1))
        return x.with_shape(*x.shape[:axis], *x.shape[axis + 1 :])

    def forward(self, call: Call) -> list[str]:
        places = [":"] * axis_of(call.specs[0], self.dim)
        return [f"{call.outputs[0]} = {call.inputs[0]}[{', '.join([*places, str(self.index)])}]"]

    def summary(self) -> str:
        return {-1: "last", 0: "first"}.get(self.index, str(self.index))


@node(
    "Slice",
    family="structure",
    aliases=("crop", "narrow", "range", "cut", "first steps", "subsample", "stride"),
    examples=(
        example(("N", 10, 5), start=2, stop=7),
        example(("N", 3, 9), dim=-1, start=-4),
        example(("N", "L", 4), start=1),
        example(("N", "L", 4), stop=-1),
        example(("N", "L", 4), step=2),
        example(TensorSpec(("N", 7), "index", 9), start=0, stop=4, step=3),
    ),
)
class Slice(NodeType):
    """Keeps a range of entries along a dimension.

    **Formula** y[n, i] = x[n, start + i · step], up to but without stop

    **Shapes** x N×L×… → y N×M×…, with M the entries from start to stop.

    **Use when** a part of a sequence or of the features goes its own way, or every second step is enough.

    **Alternatives** Select for one entry; Split for several parts at once.

    **Reference** the slices of Python; torch.narrow.
    """

    start: int = param(0, "The first that is kept; −4 is the fourth from the end.", min=-(10**7), max=10**7)
    stop: int | None = param(None, "The first that is no longer kept; none for all.", min=-(10**7), max=10**7)
    step: int = param(1, "2 keeps every second.", min=1, max=1_000_000)
    dim: int = param(1, "The dimension; −1 is the last.", min=-8, max=8)

    @property
    def _text(self) -> str:
        """The range as Python writes it."""
        start = str(self.start) if self.start else ""
        stop = "" if self.stop is None else str(self.stop)
        return f"{start}:{stop}" + (f":{self.step}" if self.step > 1 else "")

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        axis = axis_of(x, self.dim)
        return x.with_shape(*x.shape[:axis], self._size(x, x.shape[axis]), *x.shape[axis + 1 :])

    def _size(self, x: TensorSpec, size: Dim) -> Dim:
        if isinstance(size, int):
            kept = len(range(size)[self.start : self.stop : self.step])
            if not kept:
                raise ShapeError(f"keeps none of the {size} entries of {x} with {self._text}", "")
            return kept
        if (self.start, self.stop, self.step) == (0, None, 1):
            return size
        stop = 0 if self.stop is None else self.stop
        if self.start >= 0 and stop <= 0 and self.step == 1:
            return f"{size}-{self.start - stop}"
        return f"{size}[{self._text}]"

    def forward(self, call: Call) -> list[str]:
        places = [":"] * axis_of(call.specs[0], self.dim)
        return [f"{call.outputs[0]} = {call.inputs[0]}[{', '.join([*places, self._text])}]"]

    def summary(self) -> str:
        where = "" if self.dim == 1 else f" of dimension {self.dim}"
        return f"{self._text}{where}"


@node(
    "Split",
    family="structure",
    outputs=("a", "b"),
    aliases=("chunk", "unstack", "divide", "heads", "parts", "channel split", "glu"),
    examples=(
        example(("N", 8)),
        example(("N", "L", 12), dim=-1, parts=3),
        example(("N", 7, 4, 4), sizes=(2, 5)),
        example(TensorSpec(("N", 6), "index", 9)),
    ),
)
class Split(NodeType):
    """Cuts a tensor into parts along a dimension: equal ones, or of given sizes.

    **Formula** [a, b, …] = x along the dimension

    **Shapes** x N×A×… → a, b, … N×(A / parts)×…; with sizes 2, 5: a N×2×…, b N×5×….

    **Use when** parts of the features go their own ways: query, key and value, gates, groups of channels.

    **Alternatives** Slice for one part; Concatenate does the opposite.

    **Reference** torch.chunk, torch.split.
    """

    parts: int = param(2, "How many equal parts.", min=2, max=16, required=True)
    sizes: Ints = param((), "Sizes of the parts, which add up to the whole, where they are not equal.", min=1)
    dim: int = param(1, "The dimension that is cut; −1 is the last.", min=-8, max=8)

    def output_ports(self) -> tuple[str, ...]:
        return tuple(ascii_lowercase[: len(self.sizes) or self.parts])

    def infer(self, *specs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = specs
        axis = axis_of(x, self.dim)
        size = expect.sized(x, axis, f"entries of dimension {self.dim}")
        if len(self.sizes) > len(ascii_lowercase) or (self.sizes and sum(self.sizes) != size):
            total = " + ".join(map(str, self.sizes))
            raise ShapeError(
                f"sizes {total} = {sum(self.sizes)} are not the {size} of dimension {self.dim} of {x}",
                "",
                change=("sizes", ()),
            )
        if not self.sizes:
            expect.divides(size, "parts", self.parts, f"entries of dimension {self.dim}")
        sizes = self.sizes or (size // self.parts,) * self.parts
        return tuple(x.with_shape(*x.shape[:axis], part, *x.shape[axis + 1 :]) for part in sizes)

    def forward(self, call: Call) -> list[str]:
        cut = (
            f"split({call.inputs[0]}, {self.sizes}" if self.sizes else f"chunk({call.inputs[0]}, {self.parts}"
        )
        outputs = ", ".join(call.outputs) + ("," if len(call.outputs) == 1 else "")
        return [f"{outputs} = torch.{cut}, dim={self.dim})"]

    def summary(self) -> str:
        return (
            ", ".join(map(str, self.sizes))
            if 0 < len(self.sizes) < 8
            else f"{len(self.output_ports())} parts"
        )


@node(
    "Gather",
    family="structure",
    inputs=("x", "index"),
    aliases=("pick by index", "take", "lookup", "last valid step", "masked positions", "index select"),
    examples=(
        example(("N", "L", 5), TensorSpec(("N",), "index")),
        example(("N", 9, 5), TensorSpec(("N",), "index", 10), offset=-1),
        example(("N", 6, 4), TensorSpec(("N", 3), "index", 6)),
        example(TensorSpec(("N", 6), "index", 20), TensorSpec(("N", 3), "index", 6)),
    ),
)
class Gather(NodeType):
    """Picks steps of a sequence by their numbers, which each example has for itself.

    **Formula** y_n = x[n, index_n + offset]

    **Shapes** x N×L×…, index N → y N×…; index N×K → y N×K×….

    **Use when** the last step that is no padding is wanted (index is the length, offset −1), or marked places.

    **Alternatives** Select, for one place in all examples; the length input of LSTM.

    **Reference** torch.gather, torch.take_along_dim.
    """

    offset: int = param(
        0, "Added to each number; −1 turns a length into the last step.", min=-(10**6), max=10**6
    )

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        x, index = specs
        if x.rank < 2:
            raise ShapeError(f"expects sequences N×L×F or N×L, got {x}", "x")
        expect.indices(index, "index", "places N or N×K")
        if index.rank not in (1, 2):
            raise ShapeError(f"expects places N or N×K, got {index}", "index")
        length = x.shape[1]
        if isinstance(length, int) and index.bound and index.bound + self.offset > length:
            raise ShapeError(
                f"has {length} steps, but the places go up to {index.bound - 1 + self.offset}",
                "index",
                change=("offset", length - index.bound),
            )
        return x.with_shape(x.shape[0], *index.shape[1:], *x.shape[2:])

    def forward(self, call: Call) -> list[str]:
        x, index = call.inputs
        rows = f"torch.arange(len({x}), device={x}.device)"
        rows += ".unsqueeze(1)" if call.specs[1].rank == 2 else ""
        sign = "-" if self.offset < 0 else "+"
        places = f"{index} {sign} {abs(self.offset)}" if self.offset else index
        return [f"{call.outputs[0]} = {rows}", f"{call.outputs[0]} = {x}[{call.outputs[0]}, {places}]"]

    def summary(self) -> str:
        return f"index {self.offset:+d}" if self.offset else ""
