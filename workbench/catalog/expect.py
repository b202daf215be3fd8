"""What node types ask of their inputs, said the same way everywhere: numbers, images, sequences, class scores.

Each function raises ShapeError with what was expected, what came, and a node that would help. Core only.
"""

from math import gcd, isqrt

from workbench.core.errors import Setting, ShapeError
from workbench.core.shapes import Dim, Shape, TensorSpec, same_dim


def numbers(x: TensorSpec, port: str = "x", expected: str = "numbers") -> None:
    """Raises unless x holds numbers; labels and tokens are indices and have to be embedded first."""
    if x.dtype == "index":
        raise ShapeError(f"expects {expected}, got {x}, which are labels or tokens", port, insert="Embedding")
    if x.dtype != "float":
        raise ShapeError(f"expects {expected}, got {x}", port)


def indices(x: TensorSpec, port: str, expected: str) -> None:
    """Raises unless x holds indices: labels, tokens, edges."""
    if x.dtype != "index":
        raise ShapeError(f"expects {expected} as whole numbers, got {x} with fractions", port)


def sized(x: TensorSpec, axis: int, name: str, port: str = "x") -> int:
    """The size of an axis, which must be known before any data is read."""
    size = x.shape[axis]
    if not isinstance(size, int):
        raise ShapeError(f"needs to know the number of {name}, got {x}", port)
    return size


_GRIDS = {1: ("signals", "N×C×L"), 2: ("images", "N×C×H×W"), 3: ("volumes", "N×C×D×H×W")}


def grid(x: TensorSpec, rank: int, stem: str = "", port: str = "x") -> tuple[int, tuple[Dim, ...]]:
    """Channels and sizes of signals, images or volumes, which have 1, 2 or 3 sizes. `stem` is what the node types
    for each of them are named by: "Conv" for Conv1d, Conv2d, Conv3d.
    """
    name, letters = _GRIDS[rank]
    numbers(x, port, f"{name} {letters}")
    if x.rank != rank + 2:
        other = x.rank - 2
        takes = f"; {_GRIDS[other][0]} take {stem}{other}d" if stem and other in _GRIDS else ""
        insert, fields = (_as_signal, _as_image, _as_volume)[rank - 1](x)
        raise ShapeError(f"expects {name} {letters}, got {x}{takes}", port, insert=insert, fields=fields)
    if rank == 1 and not isinstance(x.shape[1], int):
        raise ShapeError(
            f"needs to know the number of channels in N×C×L, got {x}; sequences N×L×F have them last",
            port,
            insert="Permute",
        )
    return sized(x, 1, "channels", port), x.shape[2:]


def images(x: TensorSpec, port: str = "x") -> tuple[int, Dim, Dim]:
    """Channels, height and width of N×C×H×W."""
    channels, (height, width) = grid(x, 2, port=port)
    return channels, height, width


def sequences(x: TensorSpec, port: str = "x") -> tuple[Dim, int]:
    """Length and features of N×L×F."""
    numbers(x, port, "sequences N×L×F")
    if x.rank != 3:
        insert, fields = _as_sequence(x)
        raise ShapeError(f"expects sequences N×L×F, got {x}", port, insert=insert, fields=fields)
    return x.shape[1], sized(x, 2, "features", port)


def signals(x: TensorSpec, port: str = "x") -> tuple[int, Dim]:
    """Channels and length of N×C×L."""
    channels, (length,) = grid(x, 1, port=port)
    return channels, length


def graph(x: TensorSpec, edges: TensorSpec) -> int:
    """Features of the nodes of a graph with x V×F and edges 2×E."""
    numbers(x, "x", "node features V×F")
    if x.rank != 2:
        raise ShapeError(f"expects node features V×F, got {x}", "x")
    indices(edges, "edges", "edges 2×E")
    if edges.rank != 2 or edges.shape[0] != 2:
        raise ShapeError(f"expects edges 2×E, got {edges}", "edges")
    if isinstance(x.shape[0], int) and isinstance(edges.shape[1], str):  # such as the mean of all nodes
        raise ShapeError(f"expects a row for each node, V×F, got {x}", "x")
    return sized(x, 1, "features")


def same_shape(input: TensorSpec, target: TensorSpec) -> None:
    """Input and target of a regression: numbers of one shape."""
    numbers(input, "input")
    if target.dtype != "float":
        raise ShapeError(
            f"expects numbers to compare with, got {target}, which are classes; use CrossEntropyLoss for classes",
            "target",
        )
    if not _same_entries(input.shape, target.shape):
        insert, fields = _last_layer(input, target)
        raise ShapeError(
            f"expects as many numbers as the target has: the target is {target}, the input {input}",
            "input",
            insert=insert,
            fields=fields,
        )


def class_scores(input: TensorSpec, target: TensorSpec) -> int:
    """Number of classes of scores N×C, N×L×C or N×C×H×W whose targets are the classes N, N×L or N×H×W."""
    numbers(input, "input", "one score for each class")
    if target.dtype != "index" and target.shape == input.shape and target.rank == 2:
        raise ShapeError(
            f"expects classes as whole numbers, got shares of classes {target}, as MixUp gives; link the labels of the "
            "dataset",
            "target",
        )
    if target.dtype != "index":
        raise ShapeError(
            f"expects classes as whole numbers, got {target}; use MSELoss and its like for numbers", "target"
        )
    if input.rank < 2:
        raise ShapeError(f"expects one score for each class, N×C, got {input}", "input")
    axis = class_axis(input)
    classes = sized(input, axis, "classes", "input")
    entries = input.shape[:axis] + input.shape[axis + 1 :]
    if not _same_entries(entries, target.shape):
        insert = "Flatten" if target.rank == 1 and input.rank > 3 else ""
        insert = "SequencePool" if target.rank == 1 and input.rank == 3 else insert
        raise ShapeError(
            f"expects scores for {_listed(target.shape)} targets, got {input}: that is {_listed(entries)} entries with "
            f"{classes} scores each",
            "input",
            insert=insert,
        )
    if target.bound and target.bound != classes:
        raise ShapeError(
            f"the last layer has {classes} outputs but the target has {target.bound} classes; "
            f"give the last layer {target.bound} outputs",
            "input",
            outputs=target.bound,
            fact="classes",
        )
    return classes


def _same_entries(a: Shape, b: Shape) -> bool:
    """Whether two shapes may be equal. One of so many examples as the batch has is never one of a known number."""
    if len(a) != len(b) or not all(map(same_dim, a, b)):
        return False
    return not a or isinstance(a[0], int) == isinstance(b[0], int)


def class_axis(scores: TensorSpec) -> int:
    """Where the classes stand: last in N×C and N×L×C, second in N×C×H×W."""
    return 1 if scores.rank > 3 else scores.rank - 1


def divides(size: int, field: str, value: int, name: str, label: str = "") -> None:
    """Raises unless `value` (of a field) divides a size of the input; offers the nearest that does.

    `label` is what the form calls the field, where that is not its name.
    """
    if size % value:
        fit = max(divisor for divisor in range(1, min(value, size) + 1) if size % divisor == 0)
        said = label or field.replace("_", " ")
        raise ShapeError(f"{said} = {value} does not divide the {size} {name}", "", change=(field, fit))


def divides_both(inputs: int, outputs: int, groups: int) -> None:
    """Raises unless the groups of a convolution divide its input and output channels."""
    if inputs % groups or outputs % groups:
        raise ShapeError(
            f"groups = {groups} must divide the {inputs} input channels and the {outputs} output channels",
            "",
            change=("groups", gcd(inputs, outputs, groups)),
        )


def _listed(shape: tuple[Dim, ...]) -> str:
    return "×".join(str(dim) for dim in shape)


def _as_signal(x: TensorSpec) -> tuple[str, dict[str, Setting]]:
    """The Reshape that makes a signal with one channel of a vector."""
    match x.shape:
        case (_, int(length)):
            return "Reshape", {"shape": (1, length)}
    return "", {}


def _as_volume(x: TensorSpec) -> tuple[str, dict[str, Setting]]:
    """The Reshape that makes a volume with one channel of slices without channels."""
    match x.shape:
        case (_, int(depth), int(height), int(width)):
            return "Reshape", {"shape": (1, depth, height, width)}
    return "", {}


def _as_image(x: TensorSpec) -> tuple[str, dict[str, Setting]]:
    """The Reshape that makes an image of a vector of square size, or of a grey image without channels."""
    match x.shape:
        case (_, int(height), int(width)):
            return "Reshape", {"shape": (1, height, width)}
        case (_, int(size)):
            for channels in (1, 3):
                side = isqrt(size // channels)
                if side > 1 and channels * side * side == size:
                    return "Reshape", {"shape": (channels, side, side)}
    return "", {}


def _as_sequence(x: TensorSpec) -> tuple[str, dict[str, Setting]]:
    """The Reshape that makes rows of an image a sequence, or single numbers of a vector."""
    match x.shape:
        case (_, int(channels), int(height), int(width)):
            return "Reshape", {"shape": (channels * height, width)}
        case (_, int(size)):
            return "Reshape", {"shape": (size, 1)}
    return "", {}


def _last_layer(input: TensorSpec, target: TensorSpec) -> tuple[str, dict[str, Setting]]:
    """A Linear that brings vectors to the target's width; a Flatten when only the form differs."""
    match input.shape, target.shape:
        case (_, int()), (_, int(wanted)):
            return "Linear", {"out_features": wanted}
        case (_, *_), (_, int()) if input.rank > 2:
            return "Flatten", {}
    return "", {}
