"""Activations: element by element, so the shape stays. Imports catalog.spec and core."""

from workbench.catalog import expect
from workbench.catalog.forms import param
from workbench.catalog.spec import NodeType, example, node
from workbench.core.errors import ShapeError
from workbench.core.shapes import TensorSpec

_EXAMPLES = (example(("N", 8)), example(("N", 3, "H", 5)))


class _Activation(NodeType):
    """Keeps the shape; a mark without fields on its face."""

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        expect.numbers(specs[0])
        return specs[0]


@node("ReLU", "nn.ReLU", family="activation", aliases=("rectifier", "nonlinearity"), examples=_EXAMPLES)
class ReLU(_Activation):
    """Keeps positive numbers and turns negative ones into zero.

    **Formula** y = max(0, x)

    **Shapes** x any → y the same.

    **Use when** in doubt: the usual choice between layers.

    **Alternatives** LeakyReLU when many units are stuck at zero, GELU or SiLU in Transformers.

    **Reference** Nair and Hinton 2010, Rectified linear units improve restricted Boltzmann machines.
    """


@node(
    "ReLU6",
    "nn.ReLU6",
    family="activation",
    aliases=("rectifier", "clipped", "mobile", "nonlinearity"),
    examples=_EXAMPLES,
)
class ReLU6(_Activation):
    """A ReLU that ends at six.

    **Formula** y = min(max(0, x), 6)

    **Shapes** x any → y the same.

    **Use when** numbers must stay in a small range, as in networks for telephones (MobileNetV2).

    **Alternatives** ReLU, SiLU.

    **Reference** Howard et al. 2017, MobileNets: efficient convolutional neural networks for mobile vision
    applications; torch.nn.ReLU6.
    """


@node(
    "Leaky ReLU",
    "nn.LeakyReLU",
    family="activation",
    aliases=("rectifier", "gan", "nonlinearity"),
    examples=(example(("N", 8), negative_slope=0.2), *_EXAMPLES),
)
class LeakyReLU(_Activation):
    """Keeps positive numbers and shrinks negative ones.

    **Formula** y = x for x > 0, slope · x otherwise

    **Shapes** x any → y the same.

    **Use when** gradients should never vanish altogether: discriminators of GANs use a slope of 0.2.

    **Alternatives** ReLU, ELU.

    **Reference** Maas et al. 2013, Rectifier nonlinearities improve neural network acoustic models.
    """

    negative_slope: float = param(0.01, "What negative numbers are multiplied by.", min=0, max=1)

    def summary(self) -> str:
        return f"slope {self.negative_slope:g}"


@node(
    "ELU",
    "nn.ELU",
    family="activation",
    aliases=("exponential linear unit", "nonlinearity"),
    examples=(example(("N", 8), alpha=0.5), *_EXAMPLES),
)
class ELU(_Activation):
    """Keeps positive numbers and lets negative ones approach −alpha smoothly.

    **Formula** y = x for x > 0, alpha · (eˣ − 1) otherwise

    **Shapes** x any → y the same.

    **Use when** the mean of the activations should stay near zero; common in graph attention networks.

    **Alternatives** ReLU, which is faster; GELU.

    **Reference** Clevert et al. 2016, Fast and accurate deep network learning by exponential linear units.
    """

    alpha: float = param(1.0, "The limit for negative numbers is −alpha.", min=0, max=100)


@node(
    "SELU",
    "nn.SELU",
    family="activation",
    aliases=("self-normalising", "scaled exponential linear unit", "nonlinearity"),
    examples=_EXAMPLES,
)
class SELU(_Activation):
    """An ELU whose two constants keep mean 0 and variance 1 from layer to layer.

    **Formula** y = 1.0507 · (x for x > 0, 1.6733 · (eˣ − 1) otherwise)

    **Shapes** x any → y the same.

    **Use when** a deep network of Linear layers shall train without normalisation; begin with normal weights of
    variance 1 / inputs and use AlphaDropout.

    **Alternatives** ELU; BatchNorm1d and ReLU.

    **Reference** Klambauer et al. 2017, Self-normalizing neural networks.
    """


@node(
    "GELU",
    "nn.GELU",
    family="activation",
    aliases=("gaussian error linear unit", "transformer", "nonlinearity"),
    examples=(example(("N", 8), approximate="tanh"), *_EXAMPLES),
)
class GELU(_Activation):
    """Weighs each number by the probability that a normal variable is smaller: a smooth ReLU.

    **Formula** y = x · Φ(x)

    **Shapes** x any → y the same.

    **Use when** building Transformers: GPT, BERT and ViT use it.

    **Alternatives** SiLU, ReLU.

    **Reference** Hendrycks and Gimpel 2016, Gaussian error linear units.
    """

    approximate: str = param("none", "“tanh” is a little faster and less exact.", choices=("none", "tanh"))


@node(
    "SiLU",
    "nn.SiLU",
    family="activation",
    aliases=("swish", "sigmoid linear unit", "nonlinearity"),
    examples=_EXAMPLES,
)
class SiLU(_Activation):
    """Weighs each number by its own sigmoid: a smooth ReLU, also called Swish.

    **Formula** y = x / (1 + e⁻ˣ)

    **Shapes** x any → y the same.

    **Use when** building deep convolution networks or diffusion models.

    **Alternatives** GELU, ReLU.

    **Reference** Elfwing et al. 2018, Sigmoid-weighted linear units for neural network function approximation.
    """


@node(
    "Hard swish",
    "nn.Hardswish",
    family="activation",
    aliases=("swish", "mobile", "hswish", "nonlinearity"),
    examples=_EXAMPLES,
)
class Hardswish(_Activation):
    """A SiLU made of straight lines and a parabola, which is cheaper to compute.

    **Formula** y = x · min(max(0, x + 3), 6) / 6

    **Shapes** x any → y the same.

    **Use when** a network shall run on a telephone (MobileNetV3).

    **Alternatives** SiLU, ReLU6.

    **Reference** Howard et al. 2019, Searching for MobileNetV3.
    """


@node(
    "Mish",
    "nn.Mish",
    family="activation",
    aliases=("smooth", "nonlinearity"),
    examples=_EXAMPLES,
)
class Mish(_Activation):
    """A smooth curve like SiLU that lets slightly negative numbers through.

    **Formula** y = x · tanh(ln(1 + eˣ))

    **Shapes** x any → y the same.

    **Use when** a detector or image model gains from a smoother activation and time is no concern.

    **Alternatives** SiLU, which is faster and nearly equal.

    **Reference** Misra 2020, Mish: a self regularized non-monotonic activation function.
    """


@node(
    "Sigmoid",
    "nn.Sigmoid",
    family="activation",
    aliases=("logistic", "probability", "gate", "squash"),
    examples=_EXAMPLES,
)
class Sigmoid(_Activation):
    """Squeezes each number between 0 and 1.

    **Formula** y = 1 / (1 + e⁻ˣ)

    **Shapes** x any → y the same.

    **Use when** the output is a probability or a pixel in [0, 1], or for gates.

    **Alternatives** for training leave it out and use BCEWithLogitsLoss, which is exact for large numbers; Tanh.

    **Reference** Rumelhart et al. 1986, Learning representations by back-propagating errors;
    torch.nn.Sigmoid.
    """


@node(
    "Hard sigmoid",
    "nn.Hardsigmoid",
    family="activation",
    aliases=("gate", "mobile", "squash", "piecewise linear"),
    examples=_EXAMPLES,
)
class Hardsigmoid(_Activation):
    """A sigmoid made of straight lines, which is cheaper to compute.

    **Formula** y = min(max(0, x + 3), 6) / 6

    **Shapes** x any → y the same.

    **Use when** gates shall be cheap, as in MobileNetV3.

    **Alternatives** Sigmoid.

    **Reference** Howard et al. 2019, Searching for MobileNetV3; torch.nn.Hardsigmoid.
    """


@node(
    "Log-sigmoid",
    "nn.LogSigmoid",
    family="activation",
    aliases=("log probability", "logistic", "log likelihood"),
    examples=_EXAMPLES,
)
class LogSigmoid(_Activation):
    """The logarithm of the sigmoid, exact where the probability is tiny.

    **Formula** y = −ln(1 + e⁻ˣ)

    **Shapes** x any → y the same.

    **Use when** log-probabilities of yes/no answers are added up, or one score shall be above another (ranking).

    **Alternatives** Sigmoid; BCEWithLogitsLoss contains it.

    **Reference** Mikolov et al. 2013, Distributed representations of words and phrases;
    torch.nn.LogSigmoid.
    """


@node("Tanh", "nn.Tanh", family="activation", aliases=("hyperbolic tangent", "squash"), examples=_EXAMPLES)
class Tanh(_Activation):
    """Squeezes each number between −1 and 1.

    **Formula** y = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)

    **Shapes** x any → y the same.

    **Use when** outputs lie in [−1, 1] (GAN generators), or in small classic networks such as LeNet.

    **Alternatives** ReLU between the layers of deep networks.

    **Reference** LeCun et al. 1998, Efficient backprop; torch.nn.Tanh.
    """


@node(
    "Hard tanh",
    "nn.Hardtanh",
    family="activation",
    aliases=("clip", "clamp", "squash", "piecewise linear"),
    examples=(example(("N", 8), min_val=0.0, max_val=0.5), *_EXAMPLES),
)
class Hardtanh(_Activation):
    """Cuts numbers off below and above.

    **Formula** y = min(max(min_val, x), max_val)

    **Shapes** x any → y the same.

    **Use when** an output must stay in a range, or a tanh shall be cheap.

    **Alternatives** Tanh, ReLU6.

    **Reference** Collobert 2004, Large scale machine learning; torch.nn.Hardtanh.
    """

    min_val: float = param(-1.0, "The lowest number that comes out.", min=-1e9, max=1e9, label="Lowest")
    max_val: float = param(1.0, "The highest number that comes out.", min=-1e9, max=1e9, label="Highest")

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        if self.min_val >= self.max_val:
            raise ShapeError(
                f"the lowest number, {self.min_val:g}, must be below the highest, {self.max_val:g}",
                "",
                change=("max_val", self.min_val + 1),
            )
        return super().infer(*specs)


@node(
    "Softplus",
    "nn.Softplus",
    family="activation",
    aliases=("positive", "smooth relu"),
    examples=(example(("N", 8), beta=2.0), *_EXAMPLES),
)
class Softplus(_Activation):
    """Makes each number positive, smoothly.

    **Formula** y = ln(1 + e^(beta · x)) / beta

    **Shapes** x any → y the same.

    **Use when** an output must be positive, such as a variance or a rate.

    **Alternatives** ReLU, which also gives exact zeros.

    **Reference** Dugas et al. 2001, Incorporating second-order functional knowledge for better option
    pricing; torch.nn.Softplus.
    """

    beta: float = param(1.0, "How sharp the bend is.", min=0.001, max=1000)
    threshold: float = param(20.0, "Above this value of beta · x the curve is a line.", min=0, max=1000)


@node(
    "PReLU",
    "nn.PReLU",
    family="activation",
    aliases=("parametric", "learned slope", "rectifier"),
    examples=(example(("N", 8), init=0.1), *_EXAMPLES),
)
class PReLU(_Activation):
    """A leaky ReLU whose slope for negative numbers is learned.

    **Formula** y = x for x > 0, a · x otherwise

    **Shapes** x any → y the same. Parameters: 1.

    **Use when** the right slope is not known, as in super-resolution networks.

    **Alternatives** LeakyReLU.

    **Reference** He et al. 2015, Delving deep into rectifiers.
    """

    init: float = param(0.25, "The slope at the start.", min=-10, max=10)

    def parameters(self, *specs: TensorSpec) -> int:
        return 1
