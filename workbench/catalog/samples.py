"""The embedded samples as they are declared, so that shapes can be checked without reading any data.

Imports schema and core; engine/readers/samples makes them.
"""

from collections.abc import Mapping
from types import MappingProxyType

from workbench.catalog.schema import (
    Schema,
    graph_outputs,
    graphs_outputs,
    image_outputs,
    table_outputs,
    text_outputs,
)
from workbench.core.shapes import TensorSpec

# Printable ASCII and the line feed: the reference text of every Python version maps onto it.
CHARACTERS = ("\n", *(chr(code) for code in range(32, 127)))

SAMPLES: Mapping[str, Schema] = MappingProxyType(
    {
        schema.id: schema
        for schema in (
            Schema(
                id="digits",
                title="Handwritten digits",
                outputs=image_outputs(1, 8, 8, classes=10),
                facts={"classes": 10, "channels": 1, "height": 8, "width": 8},
                kind="image",
                items=1797,
                labels=tuple("0123456789"),
                description="1,797 handwritten digits of 8×8 pixels in 16 grey levels (scikit-learn; "
                "UCI Optical Recognition of Handwritten Digits).",
            ),
            Schema(
                id="iris",
                title="Iris flowers",
                outputs=table_outputs(4, classes=3),
                facts={"classes": 3, "features": 4},
                kind="table",
                items=150,
                labels=("setosa", "versicolor", "virginica"),
                description="Length and width of sepal and petal (cm) of 150 flowers of three species "
                "(scikit-learn; Fisher 1936).",
            ),
            Schema(
                id="diabetes",
                title="Diabetes progression",
                outputs=table_outputs(10, classes=0),
                facts={"features": 10, "target_mean": 149.797, "target_std": 76.8653},
                kind="table",
                items=442,
                description="Ten measurements of 442 patients and how far the disease had progressed a year "
                "later (scikit-learn; Efron et al. 2004).",
            ),
            Schema(
                id="reference-text",
                title="Python's reference text",
                outputs=text_outputs(len(CHARACTERS)),
                facts={"vocabulary": len(CHARACTERS)},
                kind="text",
                items=400_000,
                labels=CHARACTERS,
                description="The first 400,000 characters of the language reference that comes with Python.",
            ),
            Schema(
                id="karate",
                title="Karate club",
                outputs=graph_outputs(34, classes=2),
                facts={"classes": 2, "features": 34, "nodes": 34, "edges": 156},
                kind="graph",
                items=34,
                labels=("Mr. Hi", "Officer"),
                description="Friendships between the 34 members of a karate club that split in two "
                "(networkx; Zachary 1977).",
            ),
            Schema(
                id="rings",
                title="Rings and trees",
                outputs=graphs_outputs(8, classes=2),
                facts={"classes": 2, "features": 8, "graphs": 400, "nodes": 6086, "edges": 11772},
                kind="graph",
                items=400,
                labels=("tree", "ring"),
                description="400 made-up graphs of 8 to 22 nodes: half are trees, half have a ring of five or six "
                "nodes in them, as molecules do. A node tells how many neighbours it has.",
            ),
            Schema(
                id="shapes",
                title="Discs and squares",
                outputs={
                    "image": TensorSpec(("N", 1, 32, 32), "float"),
                    "mask": TensorSpec(("N", 32, 32), "index", 3),
                },
                facts={"classes": 3, "channels": 1, "height": 32, "width": 32},
                kind="image",
                items=300,
                labels=("background", "disc", "square"),
                description="300 made-up noisy pictures of 32×32 pixels with a disc and a square, and which pixel "
                "belongs to what.",
            ),
            Schema(
                id="grains",
                title="Grainy pictures",
                outputs={
                    "image": TensorSpec(("N", 1, 32, 32), "float"),
                    "target": TensorSpec(("N", 1, 32, 32), "float"),
                },
                facts={"channels": 1, "height": 32, "width": 32},
                kind="image",
                items=300,
                description="300 made-up pictures of a disc and a square, with grain and without it.",
            ),
            Schema(
                id="solids",
                title="Balls and cubes",
                outputs={
                    "volume": TensorSpec(("N", 1, 16, 24, 24), "float"),
                    "mask": TensorSpec(("N", 16, 24, 24), "index", 3),
                },
                facts={"classes": 3, "channels": 1, "depth": 16, "height": 24, "width": 24},
                kind="volume",
                items=160,
                labels=("background", "ball", "cube"),
                description="160 made-up noisy volumes of 16×24×24 voxels with a ball and a cube, and which voxel "
                "belongs to what.",
            ),
            Schema(
                id="glides",
                title="Gliding tones",
                outputs={
                    "mel": TensorSpec(("N", 1, 32, 40), "float"),
                    "label": TensorSpec(("N",), "index", 3),
                },
                facts={"rate": 8000, "classes": 3, "mels": 32, "frames": 40, "mel_mean": 0, "mel_std": 1},
                kind="audio",
                items=360,
                labels=("falling", "steady", "rising"),
                description="360 made-up spectrograms of a tone with an overtone that falls, stays or rises, in noise.",
            ),
            Schema(
                id="phrases",
                title="Phrases in two languages",
                outputs={
                    "source": TensorSpec(("N", 6), "index", 30),
                    "source_length": TensorSpec(("N",), "index", 7),
                    "target": TensorSpec(("N", 6), "index", 33),
                    "next": TensorSpec(("N", 6), "index", 33),
                },
                facts={"vocabulary": 33, "source_vocabulary": 30, "source_length": 6, "target_length": 6},
                kind="sentences",
                items=800,
                description="800 made-up phrases such as “the red cat sleeps” in a language of its own words, in "
                "which what a thing is like comes after it.",
            ),
            Schema(
                id="gestures",
                title="Waves of three forms",
                outputs={
                    "x": TensorSpec(("N", 64, 2), "float"),
                    "length": TensorSpec(("N",), "index", 65),
                    "label": TensorSpec(("N",), "index", 3),
                },
                facts={"classes": 3, "features": 2, "length": 64},
                kind="series",
                items=360,
                labels=("sine", "square", "sawtooth"),
                description="360 made-up series of 64 steps and 2 channels: noisy waves of three forms at any speed.",
            ),
            Schema(
                id="adding",
                title="Adding problem",
                outputs={
                    "x": TensorSpec(("N", 50, 2), "float"),
                    "target": TensorSpec(("N", 1), "float"),
                },
                facts={"features": 2, "length": 50},
                kind="series",
                items=5000,
                description="5,000 made-up series of 50 numbers between 0 and 1, two of them marked; the target is "
                "the sum of these two. Always answering 1 has an error of 0.167 (Hochreiter & Schmidhuber 1997).",
            ),
            Schema(
                id="copying",
                title="Copying problem",
                outputs={
                    "tokens": TensorSpec(("N", 20), "index", 10),
                    "target": TensorSpec(("N", 20), "index", 8),
                },
                facts={"classes": 8, "vocabulary": 10, "length": 20},
                kind="sentences",
                items=5000,
                labels=tuple("abcdefgh"),
                description="5,000 made-up rows of four letters and twelve waits; then the letters are asked for, one "
                "by one. Only these answers count. Guessing gets 1 of 8 right (Hochreiter & Schmidhuber 1997).",
            ),
            Schema(
                id="tides",
                title="Tides",
                outputs={
                    "x": TensorSpec(("N", 48, 1), "float"),
                    "y": TensorSpec(("N", 12, 1), "float"),
                },
                facts={"window": 48, "horizon": 12, "features": 1, "targets": 1},
                kind="series",
                items=1500,
                labels=("level",),
                description="1,500 made-up hourly water levels: two tides that drift against each other, and noise.",
            ),
            Schema(
                id="opinions",
                title="Opinions",
                outputs={
                    "tokens": TensorSpec(("N", 16), "index", 45),
                    "length": TensorSpec(("N",), "index", 17),
                    "label": TensorSpec(("N",), "index", 2),
                },
                facts={"classes": 2, "vocabulary": 45, "length": 16},
                kind="sentences",
                items=600,
                labels=("negative", "positive"),
                description="600 made-up sentences that praise something or complain about it; “not” turns them round.",
            ),
        )
    }
)
