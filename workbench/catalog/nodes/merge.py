"""Several inputs into one. Imports catalog.spec and core."""

from string import ascii_lowercase

from workbench.catalog import expect
from workbench.catalog.forms import form, param
from workbench.catalog.spec import Call, NodeType, example, known, node
from workbench.core.errors import Setting, ShapeError
from workbench.core.shapes import Dim, TensorSpec, same_dim


@form
class Merge(NodeType):
    """Ports a, b, c … as many as `count` says."""

    count: int = param(2, "How many inputs.", min=2, max=16, label="Inputs")

    def input_ports(self) -> tuple[str, ...]:
        return tuple(ascii_lowercase[: self.count])

    def summary(self) -> str:
        return "" if self.count == 2 else f"{self.count} inputs"


def same_rank(specs: tuple[TensorSpec, ...]) -> None:
    """Raises unless all inputs are numbers with as many dimensions as the first."""
    for port, spec in zip(ascii_lowercase, specs, strict=False):
        expect.numbers(spec, port)
        if spec.rank != specs[0].rank:
            large, culprit = (spec, port) if spec.rank > specs[0].rank else (specs[0], "a")
            vectors = 2 in (spec.rank, specs[0].rank) and all(isinstance(dim, int) for dim in large.shape[1:])
            raise ShapeError(
                f"expects the shape of a, {specs[0]}, got {spec}",
                culprit if vectors else port,
                insert="Flatten" if vectors else "",
            )


def broadcast(a: TensorSpec, b: TensorSpec, port: str, fixed: int) -> TensorSpec:
    """The shape of both together; a size of 1 is stretched, but not along the axis `fixed`."""
    shape: list[Dim] = []
    for axis, (x, y) in enumerate(zip(a.shape, b.shape, strict=True)):
        if x == y or (axis != fixed and 1 in (x, y)):
            shape.append(y if x == 1 else x)
        elif same_dim(x, y):
            shape.append(x if isinstance(x, int) else y)
        else:
            culprit, insert, fields = _projection(a, b, port)
            raise ShapeError(
                f"expects inputs of one shape, got a {a} and {port} {b}",
                culprit,
                insert=insert,
                fields=fields,
            )
    return a.with_shape(*shape)


def _projection(a: TensorSpec, b: TensorSpec, port: str) -> tuple[str, str, dict[str, Setting]]:
    """The layer that brings the smaller of two inputs to the shape of the other, as shortcuts of ResNets have."""
    for small, large, name in ((b, a, port), (a, b, "a")):
        match small.shape, large.shape:
            case (_, int(have), *sizes), (_, int(want), *wanted) if small.rank == 4 and have <= want:
                strides = {-(-known(x) // known(y)) for x, y in zip(sizes, wanted, strict=True)}
                stride = strides.pop()
                if not strides and [-(-known(x) // stride) for x in sizes] == [known(y) for y in wanted]:
                    fields: dict[str, Setting] = {"out_channels": want, "kernel_size": 1}
                    return name, "Conv2d", fields if stride == 1 else {**fields, "stride": stride}
            case (*front, int(have)), (*wanted, int(want)) if (
                small.rank < 4 and front == wanted and have < want
            ):
                return name, "Linear", {"out_features": want}
            case (_, int(have), length), (_, int(want), wanted_length) if (
                length == wanted_length and have < want
            ):
                return name, "Conv1d", {"out_channels": want, "kernel_size": 1}
    return port, "", {}


def _brought(first: TensorSpec, spec: TensorSpec, axis: int) -> tuple[str, dict[str, Setting]]:
    """What brings an input to the sizes of the first in all but one dimension: a projection, or another size."""
    wrong = [
        other
        for other, (x, y) in enumerate(zip(first.shape, spec.shape, strict=True))
        if other not in (0, axis) and not same_dim(x, y)
    ]
    sizes = [first.shape[other] for other in wrong]
    if not all(isinstance(size, int) for size in sizes) or not isinstance(spec.shape[1], int):
        return "", {}
    wanted = [known(size) for size in sizes]
    if spec.rank == 4 and wrong == [1]:
        return "Conv2d", {"out_channels": wanted[0], "kernel_size": 1}
    if spec.rank == 4 and 1 not in wrong:
        height, width = first.shape[2:]
        return ("Resize", {"size": (known(height), known(width))}) if axis == 1 else ("", {})
    if spec.rank == 3 and wrong == [2] and isinstance(spec.shape[2], int):
        return "Linear", {"out_features": wanted[0]}
    return "", {}


def _features(x: TensorSpec) -> int:
    """The axis of the features: last in vectors and sequences, second in images."""
    return 1 if x.rank > 3 else x.rank - 1


@node(
    "Add",
    family="merge",
    aliases=("sum", "residual", "skip connection", "shortcut", "plus"),
    examples=(
        example(("N", 8), ("N", 8)),
        example(("N", 4, "H", 6), ("N", 4, 1, 1), ("N", 4, "H", 6), count=3),
        example((), ()),
    ),
)
class Add(Merge):
    """Adds its inputs element by element.

    **Formula** y = a + b + …

    **Shapes** all inputs of one shape → y the same. Sizes of 1 are stretched, except for channels and features.

    **Use when** building residual connections, or summing losses.

    **Alternatives** Concatenate keeps both apart for the next layer.

    **Reference** He et al. 2016, Deep residual learning for image recognition.
    """

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        same_rank(specs)
        result = specs[0]
        for port, spec in zip(ascii_lowercase[1:], specs[1:], strict=False):
            result = broadcast(result, spec, port, _features(spec))
        return result

    def forward(self, call: Call) -> list[str]:
        return [f"{call.outputs[0]} = {' + '.join(call.inputs)}"]


@node(
    "Multiply",
    family="merge",
    aliases=("product", "gate", "times", "hadamard", "mask", "squeeze and excitation"),
    examples=(
        example(("N", 8), ("N", 8)),
        example(("N", 4, "H", 6), ("N", 4, 1, 1)),
        example(("N", "L", 1), ("N", "L", 5), ("N", "L", 5), count=3),
    ),
)
class Multiply(Merge):
    """Multiplies its inputs element by element.

    **Formula** y = a · b · …

    **Shapes** all inputs of one shape → y the same. Sizes of 1 are stretched: N×C×1×1 weighs whole channels.

    **Use when** one branch gates or weighs another.

    **Alternatives** Add, Scale for a constant.

    **Reference** Hu et al. 2018, Squeeze-and-excitation networks.
    """

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        same_rank(specs)
        result = specs[0]
        for port, spec in zip(ascii_lowercase[1:], specs[1:], strict=False):
            result = broadcast(result, spec, port, -1)
        return result

    def forward(self, call: Call) -> list[str]:
        return [f"{call.outputs[0]} = {' * '.join(call.inputs)}"]


@node(
    "Concatenate",
    family="merge",
    aliases=("concat", "cat", "join", "stack", "skip connection", "u-net", "dense"),
    examples=(
        example(("N", 8), ("N", 5)),
        example(("N", 4, "H", 6), ("N", 3, "H", 6), ("N", 2, "H", 6), count=3),
        example(("N", "L", 3), ("N", "L", 4), dim=-1),
    ),
)
class Concatenate(Merge):
    """Puts its inputs behind each other along one dimension.

    **Formula** y = [a, b, …] along the dimension

    **Shapes** a N×A×…, b N×B×… → y N×(A + B)×…; all other sizes are equal.

    **Use when** two branches meet and the next layer should see both (U-Net, DenseNet, Inception).

    **Alternatives** Add needs equal shapes and adds no channels.

    **Reference** Huang et al. 2017, Densely connected convolutional networks; torch.cat.
    """

    dim: int = param(
        1, "The dimension along which they are joined; 1 are channels, −1 is the last.", min=-5, max=5
    )

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        same_rank(specs)
        first = specs[0]
        if not -first.rank <= self.dim < first.rank or self.dim % first.rank == 0:
            raise ShapeError(
                f"dim {self.dim} is not a dimension after the batch of {first}", "", change=("dim", -1)
            )
        axis = self.dim % first.rank
        shape = list(first.shape)
        for port, spec in zip(ascii_lowercase[1:], specs[1:], strict=False):
            for other, (x, y) in enumerate(zip(first.shape, spec.shape, strict=True)):
                if other != axis and not same_dim(x, y):
                    insert, fields = _brought(first, spec, axis)
                    raise ShapeError(
                        f"expects the sizes of a, {first}, in all but dimension {self.dim}, got {spec}",
                        port,
                        insert=insert,
                        fields=fields,
                    )
                if other != axis and isinstance(y, int):
                    shape[other] = y
        sizes = [spec.shape[axis] for spec in specs]
        numbers = [size for size in sizes if isinstance(size, int)]
        shape[axis] = sum(numbers) if len(numbers) == len(sizes) else "+".join(map(str, sizes))
        return first.with_shape(*shape)

    def forward(self, call: Call) -> list[str]:
        return [f"{call.outputs[0]} = torch.cat(({', '.join(call.inputs)}), dim={self.dim})"]

    def summary(self) -> str:
        words = [f"{self.count} inputs"] if self.count > 2 else []
        return " · ".join([*words, f"dimension {self.dim}"])


@node(
    "Reparameterise",
    "Reparameterise",
    family="merge",
    inputs=("mean", "logvar"),
    outputs=("z",),
    aliases=("reparameterize", "vae", "sample", "latent", "variational", "gaussian"),
    source='''\
class Reparameterise(nn.Module):
    """A random point of the normal distribution with this mean and log-variance; in evaluation the mean."""

    def forward(self, mean: torch.Tensor, logvar: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return mean
        return mean + torch.exp(0.5 * logvar) * torch.randn_like(mean)
''',
    examples=(example(("N", 20), ("N", 20)), example(("N", 4, "H", "W"), ("N", 4, "H", "W"))),
)
class Reparameterise(NodeType):
    """Draws a random point of a normal distribution so that gradients reach its mean and variance.

    **Formula** z = mean + e^(logvar / 2) · ε with ε standard normal; in evaluation z = mean

    **Shapes** mean, logvar N×… of one shape → z the same.

    **Use when** building a variational autoencoder: between encoder and decoder.

    **Alternatives** Noise, where the code need not come from an input (GAN); no other node passes an
    exact gradient to mean and variance.

    **Reference** Kingma and Welling 2014, Auto-encoding variational Bayes.
    """

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        mean, logvar = specs
        expect.numbers(mean, "mean")
        expect.numbers(logvar, "logvar")
        if mean.shape != logvar.shape:
            raise ShapeError(f"expects mean and logvar of one shape, got {mean} and {logvar}", "logvar")
        return mean
