"""Published networks written by hand in plain torch, for comparison with the templates. Imports torch only.

Their parts are called as in the templates, so that weights can be copied by name.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, avg_pool2d, max_pool2d, relu, relu6


class Parts(nn.Module):
    """Layers by name."""

    def __init__(self, **parts: nn.Module) -> None:
        super().__init__()
        for name, part in parts.items():
            self.add_module(name, part)

    def use(self, name: str, x: Tensor) -> Tensor:
        """What the part of that name makes of x."""
        result = self.get_submodule(name)(x)
        assert isinstance(result, Tensor)
        return result


def conv(inside: int, outside: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    """A convolution without bias that keeps the size at stride 1."""
    return nn.Conv2d(inside, outside, kernel, stride, kernel // 2, groups=groups, bias=False)


class BasicBlock(Parts):
    """Two 3×3 convolutions beside a shortcut (He et al., 2015)."""

    def __init__(self, inside: int, outside: int, stride: int = 1) -> None:
        norm = nn.BatchNorm2d
        super().__init__(
            conv1=conv(inside, outside, 3, stride),
            norm1=norm(outside),
            conv2=conv(outside, outside, 3),
            norm2=norm(outside),
        )
        self.changes = inside != outside
        if self.changes:
            self.shortcut = conv(inside, outside, 1, stride)
            self.norm3 = norm(outside)

    def forward(self, x: Tensor) -> Tensor:
        y = relu(self.use("norm1", self.use("conv1", x)))
        y = self.use("norm2", self.use("conv2", y))
        return relu(y + (self.norm3(self.shortcut(x)) if self.changes else x))


class ResNet18(Parts):
    """ResNet-18 for 1,000 classes."""

    def __init__(self) -> None:
        stages = [
            Parts(first=BasicBlock(width // 2, width, 2), rest=BasicBlock(width, width))
            for width in (128, 256, 512)
        ]
        super().__init__(stem=conv(3, 64, 7, 2), norm=nn.BatchNorm2d(64), fc=nn.Linear(512, 1000))
        self.stage1 = nn.Sequential(BasicBlock(64, 64), BasicBlock(64, 64))
        self.stages = nn.ModuleList(stages)

    def forward(self, image: Tensor) -> Tensor:
        x = self.stage1(max_pool2d(relu(self.use("norm", self.use("stem", image))), 3, 2, 1))
        for number in range(3):
            x = self.use(f"stages.{number}.rest", self.use(f"stages.{number}.first", x))
        return self.use("fc", adaptive_avg_pool2d(x, 1).flatten(1))


class Convolution(nn.Module):
    """A convolution, batch norm with a larger epsilon, and ReLU."""

    def __init__(self, inside: int, outside: int, kernel: int = 1, stride: int = 1) -> None:
        super().__init__()
        self.conv = conv(inside, outside, kernel, stride)
        self.norm = nn.BatchNorm2d(outside, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        return relu(self.norm(self.conv(x)))


class Inception(Parts):
    """Four ways side by side (Szegedy et al., 2014; the 5×5 is a 3×3 in torchvision)."""

    def __init__(self, inside: int, widths: Sequence[int]) -> None:
        one, reduce3, three, reduce5, five, project = widths
        super().__init__(
            one=Convolution(inside, one),
            reduce3=Convolution(inside, reduce3),
            three=Convolution(reduce3, three, 3),
            reduce5=Convolution(inside, reduce5),
            five=Convolution(reduce5, five, 3),
            project=Convolution(inside, project),
        )

    def forward(self, x: Tensor) -> Tensor:
        three = self.use("three", self.use("reduce3", x))
        five = self.use("five", self.use("reduce5", x))
        project = self.use("project", max_pool2d(x, 3, 1, 1, ceil_mode=True))
        return torch.cat([self.use("one", x), three, five, project], 1)


INCEPTIONS: Mapping[str, tuple[int, ...]] = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


class GoogLeNet(Parts):
    """GoogLeNet without its auxiliary heads."""

    def __init__(self) -> None:
        super().__init__(
            conv1=Convolution(3, 64, 7, 2), conv2=Convolution(64, 64), conv3=Convolution(64, 192, 3)
        )
        inside = 192
        for name, widths in INCEPTIONS.items():
            self.add_module(f"inception{name}", Inception(inside, widths))
            inside = widths[0] + widths[2] + widths[4] + widths[5]
        self.fc = nn.Linear(inside, 1000)

    def forward(self, image: Tensor) -> Tensor:
        x = max_pool2d(self.use("conv1", image), 3, 2, ceil_mode=True)
        x = max_pool2d(self.use("conv3", self.use("conv2", x)), 3, 2, ceil_mode=True)
        for name in INCEPTIONS:
            if name == "4a":
                x = max_pool2d(x, 3, 2, ceil_mode=True)
            if name == "5a":
                x = max_pool2d(x, 2, 2, ceil_mode=True)
            x = self.use(f"inception{name}", x)
        return self.use("fc", adaptive_avg_pool2d(x, 1).flatten(1))


class DenseLayer(Parts):
    """Thirty-two more channels out of all that were there before (Huang et al., 2016)."""

    def __init__(self, inside: int) -> None:
        super().__init__(
            norm1=nn.BatchNorm2d(inside),
            conv1=conv(inside, 128, 1),
            norm2=nn.BatchNorm2d(128),
            conv2=conv(128, 32, 3),
        )

    def forward(self, x: Tensor) -> Tensor:
        y = self.use("conv1", relu(self.use("norm1", x)))
        return torch.cat([x, self.use("conv2", relu(self.use("norm2", y)))], 1)


class Dense(nn.Module):
    """Layers, then half of the channels and half of the size."""

    def __init__(self, inside: int, depth: int) -> None:
        super().__init__()
        self.layers = dense_layers(inside, depth)
        width = inside + 32 * depth
        self.shrink = Parts(norm=nn.BatchNorm2d(width), conv=conv(width, width // 2, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = relu(self.shrink.use("norm", self.layers(x)))
        return avg_pool2d(self.shrink.use("conv", x), 2)


def dense_layers(inside: int, depth: int) -> nn.Sequential:
    return nn.Sequential(*(DenseLayer(inside + 32 * number) for number in range(depth)))


class DenseNet121(Parts):
    """DenseNet with 6, 12, 24 and 16 layers."""

    def __init__(self) -> None:
        super().__init__(stem=conv(3, 64, 7, 2), norm=nn.BatchNorm2d(64))
        self.dense = nn.Sequential(Dense(64, 6), Dense(128, 12), Dense(256, 24))
        self.last = dense_layers(512, 16)
        self.norm2 = nn.BatchNorm2d(1024)
        self.fc = nn.Linear(1024, 1000)

    def forward(self, image: Tensor) -> Tensor:
        x = max_pool2d(relu(self.use("norm", self.use("stem", image))), 3, 2, 1)
        x = relu(self.norm2(self.last(self.dense(x))))
        return self.use("fc", x.mean((2, 3)))


class InvertedResidual(Parts):
    """Wide inside, narrow outside, with one filter for each channel (Sandler et al., 2018)."""

    def __init__(self, inside: int, outside: int, stride: int = 1, expansion: int = 6) -> None:
        wide = inside * expansion
        super().__init__(
            depthwise=conv(wide, wide, 3, stride, wide),
            norm2=nn.BatchNorm2d(wide),
            project=conv(wide, outside, 1),
            norm3=nn.BatchNorm2d(outside),
        )
        self.expands = expansion > 1
        self.adds = stride == 1 and inside == outside
        if self.expands:
            self.expand = conv(inside, wide, 1)
            self.norm1 = nn.BatchNorm2d(wide)

    def forward(self, x: Tensor) -> Tensor:
        y = relu6(self.norm1(self.expand(x))) if self.expands else x
        y = relu6(self.use("norm2", self.use("depthwise", y)))
        y = self.use("norm3", self.use("project", y))
        return x + y if self.adds else y


class MobileNetV2(Parts):
    """MobileNetV2 of width 1."""

    def __init__(self) -> None:
        super().__init__(stem=conv(3, 32, 3, 2), norm1=nn.BatchNorm2d(32))
        self.separable = InvertedResidual(32, 16, expansion=1)
        stages: list[nn.Module] = []
        inside = 16
        for width, depth, stride in ((24, 2, 2), (32, 3, 2), (64, 4, 2), (96, 3, 1), (160, 3, 2)):
            rest: list[nn.Module] = [InvertedResidual(width, width) for _ in range(depth - 1)]
            following = nn.Sequential(*rest) if len(rest) > 1 else rest[0]
            stages.append(Parts(first=InvertedResidual(inside, width, stride), rest=following))
            inside = width
        self.stages = nn.ModuleList(stages)
        self.last = InvertedResidual(160, 320)
        self.conv = conv(320, 1280, 1)
        self.norm2 = nn.BatchNorm2d(1280)
        self.fc = nn.Linear(1280, 1000)

    def forward(self, image: Tensor) -> Tensor:
        x = self.separable(relu6(self.use("norm1", self.use("stem", image))))
        for number in range(5):
            x = self.use(f"stages.{number}.rest", self.use(f"stages.{number}.first", x))
        x = relu6(self.norm2(self.conv(self.last(x))))
        return self.use("fc", adaptive_avg_pool2d(x, 1).flatten(1))
