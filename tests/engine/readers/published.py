"""Tiny copies of public sets of pictures, in the layout and under the names in which their files are published."""

import gzip
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io

CIFAR_10 = "airplane automobile bird cat deer dog frog horse ship truck".split()
Bytes = np.ndarray


def noise(*shape: int, seed: int = 0) -> Bytes:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def cifar10(folder: Path, batch: int = 20) -> dict[str, Bytes]:
    """CIFAR-10's binary version: a byte for the class, then red, green and blue, row by row."""
    made = {}
    for seed, name in enumerate((*(f"data_batch_{n}" for n in range(1, 6)), "test_batch")):
        made[name] = noise(batch, 3073, seed=seed)
        made[name][:, 0] = np.arange(batch) % 10
        (folder / f"{name}.bin").write_bytes(made[name].tobytes())
    (folder / "batches.meta.txt").write_text("\n".join([*CIFAR_10, "", ""]))
    (folder / "readme.html").write_text("<meta HTTP-EQUIV='REFRESH'>")
    return made


def cifar100(folder: Path, train: int = 200, test: int = 100) -> dict[str, Bytes]:
    """CIFAR-100's binary version: a byte for the group, one for the class, then the pixels."""
    made = {}
    for name, count in (("train", train), ("test", test)):
        made[name] = noise(count, 3074)
        made[name][:, 1] = np.arange(count) % 100
        made[name][:, 0] = made[name][:, 1] // 5
        (folder / f"{name}.bin").write_bytes(made[name].tobytes())
    (folder / "fine_label_names.txt").write_text("".join(f"thing_{n}\n" for n in range(100)))
    (folder / "coarse_label_names.txt").write_text("".join(f"group_{n}\n" for n in range(20)))
    return made


def cifar10_python(folder: Path, batch: int = 10) -> None:
    """The version for Python: pickles of a dict."""
    for seed, name in enumerate((*(f"data_batch_{n}" for n in range(1, 6)), "test_batch")):
        facts: dict[str, object] = {
            "data": noise(batch, 3072, seed=seed), "labels": [n % 10 for n in range(batch)],
            "batch_label": name, "filenames": [f"{n}.png" for n in range(batch)],
        }  # fmt: skip
        (folder / name).write_bytes(pickle.dumps(facts, protocol=2))
    (folder / "batches.meta").write_bytes(
        pickle.dumps({"label_names": CIFAR_10, "num_vis": 3072}, protocol=2)
    )


def cifar100_python(folder: Path) -> None:
    for name, count in (("train", 200), ("test", 100)):
        fine = [n % 100 for n in range(count)]
        facts = {"data": noise(count, 3072), "fine_labels": fine, "coarse_labels": [n // 5 for n in fine]}
        (folder / name).write_bytes(pickle.dumps(facts, protocol=2))
    meta = {
        "fine_label_names": [f"thing_{n}" for n in range(100)],
        "coarse_label_names": [f"group_{n}" for n in range(20)],
    }
    (folder / "meta").write_bytes(pickle.dumps(meta, protocol=2))


def stl10(folder: Path, train: int = 20, test: int = 30, unlabelled: int = 5) -> dict[str, Bytes]:
    """STL-10: pixels column by column, classes from 1 in a file of their own."""
    made = {}
    for name, count in (("train", train), ("test", test), ("unlabeled", unlabelled)):
        made[name] = noise(count, 3, 96, 96)
        (folder / f"{name}_X.bin").write_bytes(made[name].swapaxes(2, 3).tobytes())
        if name != "unlabeled":
            (folder / f"{name}_y.bin").write_bytes(bytes(n % 10 + 1 for n in range(count)))
    (folder / "fold_indices.txt").write_text("0 1 2\n")
    names = "airplane bird car cat deer dog horse monkey ship truck".split()
    (folder / "class_names.txt").write_text("\n".join(names) + "\n")
    return made


def svhn(folder: Path, train: int = 30, test: int = 20) -> dict[str, Bytes]:
    """SVHN: X of height × width × colours × number and y from 1 to 10, which stands for 0."""
    made = {}
    for name, count in (("train", train), ("test", test)):
        made[name] = noise(32, 32, 3, count)
        labels = (np.arange(count) % 10 + 1).astype(np.uint8)[:, None]
        scipy.io.savemat(folder / f"{name}_32x32.mat", {"X": made[name], "y": labels}, do_compression=True)
    return made


def idx(folder: Path, train: int = 30, test: int = 20) -> dict[str, Bytes]:
    """MNIST and its relatives, packed as they are published."""
    made = {}
    for name, count in (("train", train), ("t10k", test)):
        made[name] = noise(count, 28, 28)
        head = struct.pack(">HBBIII", 0, 8, 3, count, 28, 28)
        _gzip(folder / f"{name}-images-idx3-ubyte.gz", head + made[name].tobytes())
        labels = bytes(n % 10 for n in range(count))
        _gzip(folder / f"{name}-labels-idx1-ubyte.gz", struct.pack(">HBBI", 0, 8, 1, count) + labels)
    return made


def medmnist(folder: Path, name: str, *size: int, classes: int = 2) -> None:
    """MedMNIST: six arrays in one npz; the classes are a column of bytes."""
    arrays: dict[str, Any] = {}
    for part, count in (("train", 3 * classes), ("val", classes), ("test", 2 * classes)):
        arrays[f"{part}_images"] = noise(count, *size)
        arrays[f"{part}_labels"] = (np.arange(count) % classes).astype(np.uint8)[:, None]
    np.savez_compressed(folder / f"{name}.npz", **arrays)


def _gzip(path: Path, data: bytes) -> None:
    path.write_bytes(gzip.compress(data))
