"""One small healthy source for each reader, made in a folder: what test_fuzz.py damages."""

import gzip
import pickle
import struct
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse
from PIL import Image


def _idx(folder: Path) -> Path:
    for part, items in (("train", 24), ("t10k", 12)):
        pixels = np.arange(items * 16, dtype=np.uint8)
        head = struct.pack(">HBB3I", 0, 8, 3, items, 4, 4)
        (folder / f"{part}-images-idx3-ubyte").write_bytes(head + pixels.tobytes())
        labels = bytes(i % 3 for i in range(items))
        with gzip.open(folder / f"{part}-labels-idx1-ubyte.gz", "wb") as file:
            file.write(struct.pack(">HBBI", 0, 8, 1, items) + labels)
    return folder


def _images(folder: Path) -> Path:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    for label in ("cat", "dog"):
        (folder / label).mkdir()
        for number, suffix in enumerate(("png", "jpg", "gif", "bmp", "tif", "webp")):
            Image.fromarray(pixels).save(folder / label / f"{number}.{suffix}")
        Image.fromarray(pixels[:, :, 0].astype(np.uint16) * 200).save(folder / label / "deep.png")
    return folder


def _table(folder: Path) -> Path:
    rows = [
        f'{i},{i * 0.5},"a ""b"", {i % 3}",2020-01-{i % 28 + 1:02},{"yes" if i % 2 else "no"}'
        for i in range(40)
    ]
    file = folder / "table.csv"
    file.write_text("\n".join(["id,size,words,day,label", *rows]) + "\n")
    return file


def _text(folder: Path) -> Path:
    file = folder / "text.txt"
    file.write_text("The quick brown fox jumps over the lazy dög.\n" * 30, encoding="utf-8")
    return file


def _planetoid(folder: Path) -> Path:
    features = np.eye(8, 5, dtype=np.float32)
    classes = np.eye(3, dtype=np.int32)[np.arange(8) % 3]
    graph = {node: [(node + 1) % 8] for node in range(8)}
    parts: dict[str, object] = {
        "x": scipy.sparse.csr_matrix(features[:3]), "y": classes[:3], "allx": scipy.sparse.csr_matrix(features[:6]),
        "ally": classes[:6], "tx": scipy.sparse.csr_matrix(features[6:]), "ty": classes[6:], "graph": graph,
    }  # fmt: skip
    for part, value in parts.items():
        (folder / f"ind.toy.{part}").write_bytes(pickle.dumps(value, protocol=2))
    (folder / "ind.toy.test.index").write_text("6\n7\n")
    return folder


def _tudataset(folder: Path) -> Path:
    graphs, nodes = 12, 4
    whose = [graph + 1 for graph in range(graphs) for _ in range(nodes)]
    pairs = [
        (g * nodes + a + 1, g * nodes + (a + 1) % nodes + 1) for g in range(graphs) for a in range(nodes)
    ]
    files = {
        "A": [f"{a}, {b}" for a, b in pairs] + [f"{b}, {a}" for a, b in pairs],
        "graph_indicator": [str(graph) for graph in whose],
        "graph_labels": [str(1 - 2 * (graph % 2)) for graph in range(graphs)],
        "node_labels": [str(node % 3) for node in range(graphs * nodes)],
    }
    for name, lines in files.items():
        (folder / f"TOY_{name}.txt").write_text("\n".join(lines) + "\n")
    return folder


def _edges(folder: Path) -> Path:
    (folder / "edges.csv").write_text("source,target\n" + "".join(f"{i},{(i + 1) % 12}\n" for i in range(12)))
    nodes = "".join(f"{i},{i * 0.5},{i % 4},{'ab'[i % 2]}\n" for i in range(12))
    (folder / "nodes.csv").write_text("id,size,kind,label\n" + nodes)
    return folder


def _graphml(folder: Path) -> Path:
    import networkx

    graph = networkx.cycle_graph(12)
    for node in graph:
        graph.nodes[node].update(label="ab"[node % 2], size=float(node))
    networkx.write_graphml(graph, folder / "ring.graphml")
    return folder / "ring.graphml"


def _molecules(folder: Path) -> Path:
    smiles = ["CCO", "CC(=O)O", "c1ccccc1", "CCN", "CCCC", "O=C=O"] * 4
    rows = "".join(f"{text},{number % 2}\n" for number, text in enumerate(smiles))
    (folder / "molecules.csv").write_text("smiles,label\n" + rows)
    return folder / "molecules.csv"


def _texts(folder: Path) -> Path:
    rows = [f"{'spam' if i % 3 == 0 else 'ham'}\tSee you at {i} o'clock, my friend" for i in range(40)]
    (folder / "messages.txt").write_text("\n".join(rows) + "\n")
    return folder / "messages.txt"


def _pairs(folder: Path) -> Path:
    for part, items in (("train", 20), ("val", 6), ("test", 6)):
        for language, words in (("en", "a man sees"), ("de", "ein Mann sieht")):
            text = "".join(f"{words} {i % 5} ä.\n" for i in range(items))
            with gzip.open(folder / f"{part}.{language}.gz", "wb") as file:
                file.write(text.encode())
    return folder


def _lines(folder: Path) -> Path:
    (folder / "names.txt").write_text(
        "".join(f"{name}{'aeiou'[i % 5]}\n" for i, name in enumerate(["emm", "oliv", "zo"] * 20))
    )
    return folder / "names.txt"


def _series(folder: Path) -> Path:
    rows = "".join(f"2020-{i // 28 % 12 + 1:02}-{i % 28 + 1:02},{i % 7},{i * 0.1:.2f}\n" for i in range(200))
    (folder / "series.csv").write_text("date,load,oil\n" + rows)
    return folder / "series.csv"


def _ts(folder: Path) -> Path:
    for part, items in (("TRAIN", 12), ("TEST", 8)):
        head = "@problemName Toy\n@timeStamps false\n@missing false\n"
        head += "@univariate false\n@dimensions 2\n@equalLength false\n"
        rows = [
            ":".join(",".join(f"{i * k % 7 - 3:.1f}" for k in range(5 + i % 3)) for _ in range(2))
            for i in range(items)
        ]
        lines = [f"{row}:{'ab'[i % 2]}" for i, row in enumerate(rows)]
        (folder / f"Toy_{part}.ts").write_text(
            head + "@classLabel true a b\n@data\n" + "\n".join(lines) + "\n"
        )
    return folder


def _audio(folder: Path) -> Path:
    import soundfile

    time = np.arange(800) / 8000
    for number in range(12):
        sound = 0.3 * np.sin(2 * np.pi * (200 + 100 * (number % 2)) * time[: 600 + 10 * number])
        suffix = ("wav", "flac", "ogg")[number % 3]
        soundfile.write(folder / f"{number % 2}_ann_{number}.{suffix}", sound, 8000)
    return folder


def _binary(folder: Path) -> Path:
    chance = np.random.default_rng(0)
    for name in (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"):
        records = b"".join(bytes([i % 10]) + chance.bytes(3072) for i in range(10))
        (folder / f"{name}.bin").write_bytes(records)
    (folder / "batches.meta.txt").write_text(
        "\n".join("airplane automobile bird cat deer dog frog horse ship truck".split())
    )
    return folder


def _matlab(folder: Path) -> Path:
    import scipy.io

    chance = np.random.default_rng(0)
    for part in ("train", "test"):
        pixels = chance.integers(0, 256, (32, 32, 3, 20), dtype=np.uint8)
        labels = (np.arange(20) % 10 + 1).astype(np.uint8)[:, None]
        scipy.io.savemat(folder / f"{part}_32x32.mat", {"X": pixels, "y": labels})
    return folder


def _arrays(folder: Path) -> Path:
    chance = np.random.default_rng(0)
    parts = {}
    for part, items in (("train", 20), ("val", 6), ("test", 6)):
        parts[f"{part}_images"] = chance.integers(0, 256, (items, 8, 8), dtype=np.uint8)
        parts[f"{part}_labels"] = np.arange(items, dtype=np.uint8)[:, None] % 3
    np.savez(folder / "toy.npz", allow_pickle=False, **parts)
    return folder / "toy.npz"


def _volumes(folder: Path) -> Path:
    nibabel: Any = import_module("nibabel")
    chance = np.random.default_rng(0)
    for part in ("images", "labels"):
        (folder / part).mkdir()
        for number in range(6):
            voxels = chance.integers(0, 3 if part == "labels" else 200, (6, 7, 5 + number % 2)).astype(
                np.uint8
            )
            nibabel.save(nibabel.Nifti1Image(voxels, np.eye(4)), folder / part / f"{number}.nii.gz")
    return folder


def _video(folder: Path) -> Path:
    av: Any = import_module("av")
    for label in ("dark", "light"):
        (folder / label).mkdir()
        for number in range(3):
            with av.open(str(folder / label / f"{number}.mp4"), "w") as container:
                stream = container.add_stream("mpeg4", rate=10)
                stream.width, stream.height, stream.pix_fmt = 32, 24, "yuv420p"
                for level in range(8):
                    pixels = np.full((24, 32, 3), 20 * level, dtype=np.uint8)
                    container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
                container.mux(stream.encode())
    return folder


MAKERS: dict[str, Callable[[Path], Path]] = {
    "planetoid": _planetoid,
    "idx": _idx,
    "images": _images,
    "table": _table,
    "text": _text,
    "tudataset": _tudataset,
    "edges": _edges,
    "graphml": _graphml,
    "molecules": _molecules,
    "texts": _texts,
    "pairs": _pairs,
    "lines": _lines,
    "series": _series,
    "ts": _ts,
    "audio": _audio,
    "binary": _binary,
    "matlab": _matlab,
    "arrays": _arrays,
    "volumes": _volumes,
    "video": _video,
}
