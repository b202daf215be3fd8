import io
import os
import pickle
import random
import signal
import struct
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from workbench.core.errors import DataError
from workbench.engine.readers.pickles import read_numbers, read_pickle
from workbench.jobs.reading import complaint


def written(tmp_path: Path, content: bytes) -> Path:
    file = tmp_path / "thing.pickle"
    file.write_bytes(content)
    return file


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.int32).reshape(2, 3),
        np.asfortranarray(np.random.default_rng(0).random((3, 4))),
        np.array([[True, False]]),
        np.arange(3, dtype=">f4"),
        np.zeros((0, 4), dtype=np.uint8),
        np.array(7.5),
    ],
    ids=["int32", "by columns", "bool", "big-endian", "empty", "scalar"],
)
def test_arrays_come_back(tmp_path: Path, array: np.ndarray, protocol: int) -> None:
    found = read_numbers(written(tmp_path, pickle.dumps(array, protocol)))
    assert found.dtype == array.dtype
    assert np.array_equal(found, array)


@pytest.mark.parametrize("protocol", [2, 4])
def test_sparse_matrices_come_back_dense(tmp_path: Path, protocol: int) -> None:
    dense = np.array([[0, 1.5, 0], [0, 0, 0], [2, 0, 3]], dtype=np.float32)
    for matrix in (sparse.csr_matrix(dense), sparse.csr_array(dense)):
        assert np.array_equal(read_numbers(written(tmp_path, pickle.dumps(matrix, protocol))), dense)


def test_containers_and_numbers_come_back(tmp_path: Path) -> None:
    value = {1: [2, 3.5, "é", b"\xff", None, True], "t": (1, (2,)), "s": {1, 2}, "f": frozenset((3,))}
    for protocol in (2, 4):
        assert read_pickle(written(tmp_path, pickle.dumps(value, protocol))) == value
    neighbours = defaultdict(list, {0: [1], 1: [0]})
    assert read_pickle(written(tmp_path, pickle.dumps(neighbours, 2))) == {0: [1], 1: [0]}
    number = pickle.dumps(np.float64(2.5), 2)
    assert read_pickle(written(tmp_path, number)) == 2.5


class Attack:
    """Calls whatever it was given when it is unpickled."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        return self.call


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_call_is_refused_by_name_and_never_made(tmp_path: Path, protocol: int) -> None:
    trace = tmp_path / "trace"
    file = written(tmp_path, pickle.dumps([1, Attack(os.mkdir, str(trace))], protocol))
    with pytest.raises(DataError) as caught:
        read_pickle(file)
    assert str(caught.value) == (
        f"{file} is no pickle of plain arrays: it asks for {os.mkdir.__module__}.mkdir. "
        "Nothing in it was executed."
    )
    assert not trace.exists()


@pytest.mark.parametrize(
    "function",
    [eval, exec, getattr, open, __import__, compile, bytearray, range, np.load, np.fromfile, io.FileIO],
)
def test_no_other_function_is_admitted(tmp_path: Path, function: object) -> None:
    with pytest.raises(DataError, match="it asks for"):
        read_pickle(written(tmp_path, pickle.dumps(Attack(function, "x"), 2)))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"not a pickle", "no pickle of plain arrays"),
        (pickle.dumps(np.arange(9), 2)[:-20], "no pickle of plain arrays"),
        (pickle.dumps(np.array([object], dtype=object), 2), "instead of numbers"),
        (pickle.dumps(np.array(["text"]), 2), "instead of numbers"),
        (b"\x80\x04\x95" + b"\0" * 8 + b"\x82\x01.", "it uses EXT1"),
        (b"\x80\x02cpersistent\nid\nPabc\n.", "it uses PERSID"),
        (b"\x80\x05\x96" + struct.pack("<Q", 1 << 40) + b".", "no pickle of plain arrays"),
        (b"\x80\x02Nr" + struct.pack("<I", 0x7FFFFFFF) + b".", "memo has numbers larger than the file"),
        (b"(S'rm'\nios\nsystem\n.", "it uses INST"),
    ],
)
def test_what_is_no_plain_pickle_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_pickle(written(tmp_path, content))


@pytest.mark.parametrize("target", ["numpy ndarray", "numpy.core.multiarray _reconstruct", "builtins list"])
def test_a_pickle_cannot_change_what_it_may_name(tmp_path: Path, target: str) -> None:
    module, name = target.split()
    state = pickle.dumps((None, {"__setstate__": 1, "_function": 1}), 2)[2:-1]
    file = written(tmp_path, b"\x80\x02c" + f"{module}\n{name}\n".encode() + state + b"b.")
    with pytest.raises(DataError):
        read_pickle(file)
    array = np.arange(4)
    assert np.array_equal(read_numbers(written(tmp_path, pickle.dumps(array, 2))), array)


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("indices", np.array([0, 99, 1], dtype=np.int32)),
        ("indices", np.array([0, -1, 1], dtype=np.int32)),
        ("indptr", np.array([0, 3, 1, 3], dtype=np.int32)),
        ("indptr", np.array([0, 3], dtype=np.int32)),
        ("indptr", np.array([], dtype=np.int32)),
        ("data", np.zeros((3, 1), dtype=np.float32)),
        ("_shape", (3, 1 << 40)),
        ("_shape", "abc"),
    ],
)
def test_a_sparse_matrix_that_does_not_fit_is_refused(tmp_path: Path, part: str, value: object) -> None:
    matrix = sparse.csr_matrix(np.eye(3, dtype=np.float32))
    matrix.__dict__[part] = value
    with pytest.raises(DataError, match="no pickle of plain arrays"):
        read_pickle(written(tmp_path, pickle.dumps(matrix, 2)))


def test_what_holds_no_array_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds a list where an array was expected"):
        read_numbers(written(tmp_path, pickle.dumps([1], 2)))


def test_damaged_files_are_refused_or_read_and_nothing_else(tmp_path: Path) -> None:
    whole = pickle.dumps({"a": np.arange(5), "b": sparse.csr_matrix(np.eye(3)), "c": [1, "x"]}, 2)
    dice = random.Random(0)
    refusals = 0
    for _ in range(600):
        content = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            content[dice.randrange(len(content))] = dice.randrange(256)
        try:
            read_pickle(written(tmp_path, bytes(content[: dice.randint(1, len(content))])))
        except DataError:
            refusals += 1
    assert refusals > 500


class _Nested:
    """An array whose shape is a list that holds itself 2⁴⁰ times over, in a file of some hundred bytes."""

    def __reduce__(self) -> tuple[object, ...]:
        shape: list[object] = [0]
        for _ in range(40):
            shape = [shape, shape]
        plain = pickle.loads(pickle.dumps(np.zeros(1)))
        function, arguments, state = plain.__reduce__()
        return function, arguments, (state[0], shape, *state[2:])


def endless() -> bytes:
    """A pickle of a set with one pair of pairs of pairs …, of which a hash takes 2⁶⁰ steps."""
    pair: object = ()
    for _ in range(60):
        pair = (pair, pair)
    inside = pickle.dumps(pair, 2).removesuffix(pickle.STOP)
    return inside[:2] + pickle.EMPTY_DICT + inside[2:] + pickle.NONE + pickle.SETITEM + pickle.STOP


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
def test_a_pickle_that_keeps_the_processor_busy_for_ever_is_ended(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from workbench.engine.readers import pickles; pickles.SECONDS = 0.1; "
        "pickles.read_pickle(pathlib.Path(sys.argv[1]))"
    )
    done = subprocess.run([sys.executable, "-c", program, str(written(tmp_path, endless()))], timeout=60)
    assert done.returncode == -signal.SIGXCPU
    assert "made to do so" in complaint("", done.returncode)


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
def test_the_limit_of_time_ends_with_the_pickle(tmp_path: Path) -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_CPU)
    read_pickle(written(tmp_path, pickle.dumps({"a": (1, 2)}, 2)))
    assert resource.getrlimit(resource.RLIMIT_CPU) == before


def test_what_holds_itself_many_times_over_is_not_spelled_out(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="shape is not made of whole numbers"):
        read_pickle(written(tmp_path, pickle.dumps(_Nested())))
