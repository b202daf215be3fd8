"""ResNet-152 (He et al., 2015; the stride in the 3×3 convolution, as torchvision has it): repetitions in a repetition.

`python -m tests.catalog.resnet` writes tests/files/resnet152.json.
"""

from dataclasses import replace
from pathlib import Path

from tests.drawing import block, draw
from workbench.core.document import Block, Document, Graph
from workbench.core.files import dumps

FILE = Path(__file__).parents[1] / "files" / "resnet152.json"
DATA = "any 3x224x224 in 1000 classes"


def resnet152() -> Document:
    """Four stages, each a bottleneck that changes the size and others that keep it: 3, 8, 36, 3 in all."""
    conv = "bias=false"
    main = f"""
        x Input
        conv1 Conv2d out_channels='= width' kernel_size=1 {conv} < x
        norm1 BatchNorm2d < conv1
        relu1 ReLU < norm1
        conv2 Conv2d out_channels='= width' kernel_size=3 stride='= stride' padding=1 {conv} < relu1
        norm2 BatchNorm2d < conv2
        relu2 ReLU < norm2
        conv3 Conv2d out_channels='= width * 4' kernel_size=1 {conv} < relu2
        norm3 BatchNorm2d < conv3
    """
    keep = main.replace("stride='= stride' ", "")
    change = f"""{main}
        shortcut Conv2d out_channels='= width * 4' kernel_size=1 stride='= stride' {conv} < x
        norm4 BatchNorm2d < shortcut
        both Add < norm3 norm4
        relu3 ReLU < both
        y Output < relu3
    """
    keep = f"{keep}\nboth Add < norm3 x\nrelu3 ReLU < both\ny Output < relu3"
    blocks = {"Bottleneck": block(keep, width=64), "Projection": block(change, width=64, stride=1)}
    blocks["Stage"] = block(
        """
        x Input
        first @Projection width='= width' stride='= stride' < x
        rest @Bottleneck width='= width' *'= depth - 1' < first
        y Output < rest
        """,
        blocks,
        width=64,
        depth=3,
        stride=1,
    )
    document = draw(
        f"""
        data Dataset dataset='{DATA}'
        stem Conv2d out_channels=64 kernel_size=7 stride=2 padding=3 {conv} < data.image
        norm BatchNorm2d < stem
        relu ReLU < norm
        pool MaxPool2d kernel_size=3 stride=2 padding=1 < relu
        stages @Stage *4 width='= 64 * 2 ** i' depth='= pick(i, 3, 8, 36, 3)' stride='= min(i, 1) + 1' < pool
        mean AdaptiveAvgPool2d output_size=1 < stages
        flatten Flatten < mean
        fc Linear out_features='= classes' < flatten
        loss CrossEntropyLoss < fc data.label
        accuracy Accuracy < fc data.label
        scores Output < fc
        """,
        blocks=blocks,
        name="ResNet-152",
    )
    return replace(
        document,
        description="Deep residual learning for image recognition (He et al., 2015), 152 layers.",
        graph=_placed(document.graph),
        blocks={name: Block(each.params, _placed(each.graph)) for name, each in blocks.items()},
    )


def _placed(graph: Graph) -> Graph:
    """With the nodes one beside the other."""
    places = {id: (208.0 * index, 0.0) for index, id in enumerate(graph.order()[0])}
    return replace(graph, nodes={id: replace(node, at=places[id]) for id, node in graph.nodes.items()})


if __name__ == "__main__":
    FILE.write_text(dumps(resnet152()), encoding="utf-8")
