"""Pickles of other people's graphs, read without running anything in them.

Every class that such a file may name is replaced by a plain record of this module; NumPy and SciPy
objects are built from the records afterwards.  May import NumPy and the standard library.
"""

from __future__ import annotations

import io
import pickle
import pickletools
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from workbench.core.errors import DataError
from workbench.engine.readers import limits
from workbench.engine.readers.files import MEGABYTE, read_bytes, size_text

MAX_PICKLE = 512 * MEGABYTE
MAX_ARRAY = 2048 * MEGABYTE

SECONDS = 20.0
"""So long may a pickle take, beside a second for each megabyte; healthy ones take hundredths of that."""

# What moves numbers, texts, containers and plain objects.  Left out: persistent ids, extension codes,
# out-of-band buffers, old-style instances.
_OPCODES = frozenset(
    """PROTO FRAME STOP MARK POP POP_MARK DUP MEMOIZE PUT BINPUT LONG_BINPUT GET BINGET LONG_BINGET
    NONE NEWTRUE NEWFALSE INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT
    STRING BINSTRING SHORT_BINSTRING UNICODE SHORT_BINUNICODE BINUNICODE BINUNICODE8
    BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8
    EMPTY_LIST APPEND APPENDS LIST EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3
    EMPTY_DICT DICT SETITEM SETITEMS EMPTY_SET ADDITEMS FROZENSET
    GLOBAL STACK_GLOBAL REDUCE NEWOBJ BUILD""".split()
)


class _Dtype:
    """Stands for numpy.dtype: a number of 1 to 8 bytes."""

    def __init__(self, code: str, *_: object) -> None:
        if not re.fullmatch(r"[<>|=]?[fiub][1248]", code):
            raise TypeError(f"an array of {code[:20]!r} instead of numbers")
        self.code = code.lstrip("<>|=")
        self.order = code[0] if code[0] in "<>" else "<"

    def __setstate__(self, state: tuple[object, ...]) -> None:
        self.order = ">" if state[1] == ">" else "<"

    def array(self, data: bytes | bytearray) -> NDArray[np.generic]:
        return np.frombuffer(data, dtype=np.dtype(self.order + self.code))


class _Array:
    """Stands for numpy.ndarray while it is put together."""

    def __init__(self, *_: object) -> None:
        self.value: NDArray[np.generic] = np.zeros(0)

    def __setstate__(self, state: tuple[object, ...]) -> None:
        shape, dtype, by_columns, data = state[-4:]
        if isinstance(data, str):  # Python 2 wrote its bytes as text
            data = data.encode("latin1")
        self.fill(shape, dtype, data, "F" if by_columns else "C")

    def fill(self, shape: object, dtype: object, data: object, order: object) -> None:
        if not isinstance(shape, tuple) or not all(isinstance(size, int) and size >= 0 for size in shape):
            # Not told in full: what contains itself many times over would fill the memory.
            raise TypeError("an array whose shape is not made of whole numbers")
        if not isinstance(dtype, _Dtype) or not isinstance(data, bytes | bytearray):
            raise TypeError("an array without numbers")
        self.value = dtype.array(data).reshape(shape, order="F" if order == "F" else "C")


class _Sparse:
    """Stands for scipy.sparse.csr_matrix: the parts of a matrix given row by row."""

    def __init__(self, *_: object) -> None:
        self.parts: dict[str, object] = {}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.parts = dict(state)

    def dense(self) -> NDArray[np.float32]:
        """The matrix with its zeros.  Raises ValueError where its parts do not fit together."""
        shape = self.parts.get("_shape", self.parts.get("shape"))
        if (
            not isinstance(shape, tuple)
            or len(shape) != 2
            or not all(isinstance(n, int) and n >= 0 for n in shape)
        ):
            raise ValueError("a sparse matrix without shape")
        rows, columns = shape
        if rows * columns * 4 > MAX_ARRAY:
            raise ValueError(f"a matrix of {rows:,}×{columns:,} numbers, more than {size_text(MAX_ARRAY)}")
        data, indices, starts = (self._vector(name) for name in ("data", "indices", "indptr"))
        counts = (starts[1:].astype(np.int64) - starts[:-1].astype(np.int64)).astype(np.int64)
        fits = len(starts) == rows + 1 and starts[0] == 0 and starts[-1] == len(data) == len(indices)
        if not fits or (counts < 0).any():
            raise ValueError("a sparse matrix whose rows do not fit its data")
        if len(indices) and (indices.min() < 0 or indices.max() >= columns):
            raise ValueError("a sparse matrix with entries outside its columns")
        matrix = np.zeros((rows, columns), dtype=np.float32)
        np.add.at(matrix, (np.repeat(np.arange(rows), counts), indices.astype(np.int64)), data)
        return matrix

    def _vector(self, name: str) -> NDArray[np.generic]:
        part = self.parts.get(name)
        if not isinstance(part, _Array) or part.value.ndim != 1:
            raise ValueError(f"a sparse matrix without {name}")
        return part.value


class _Call:
    """A function that a pickle may name; as an object without attributes it cannot be changed by one."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[..., object]) -> None:
        self._function = function

    def __call__(self, *arguments: object) -> object:
        return self._function(*arguments)

    def __setstate__(self, state: object) -> NoReturn:
        raise TypeError("a state for a function")


def _from_buffer(data: object, dtype: object, shape: object, order: object) -> _Array:
    array = _Array()
    array.fill(shape, dtype, data, order)
    return array


def _scalar(dtype: _Dtype, data: bytes) -> object:
    return dtype.array(data)[0].item()


def _encoded(text: str, _: str = "latin1") -> bytes:
    return text.encode("latin1")


def _empty_bytes() -> bytes:
    return b""


def _default_dict(_: object = None) -> dict[object, object]:
    return {}


_NUMPY = (
    "numpy",
    "numpy.core.multiarray",
    "numpy._core.multiarray",
    "numpy.core.numeric",
    "numpy._core.numeric",
)
_PYTHON = ("builtins", "__builtin__")

_ADMITTED: dict[tuple[str, str], object] = {
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Dtype,
    **{(module, "_reconstruct"): _Call(_Array) for module in _NUMPY},
    **{(module, "_frombuffer"): _Call(_from_buffer) for module in _NUMPY},
    **{(module, "scalar"): _Call(_scalar) for module in _NUMPY},
    **{
        (f"scipy.sparse.{module}", name): _Sparse
        for module in ("csr", "_csr")
        for name in ("csr_matrix", "csr_array")
    },
    **{(module, kind.__name__): kind for module in _PYTHON for kind in (list, tuple, dict, set, frozenset)},
    **{(module, "bytes"): _Call(_empty_bytes) for module in _PYTHON},
    ("collections", "defaultdict"): _Call(_default_dict),
    ("collections", "OrderedDict"): _Call(_default_dict),
    ("_codecs", "encode"): _Call(_encoded),
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> object:
        try:
            return _ADMITTED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}") from None


def _inspect(data: bytes) -> None:
    """Refuses, before anything is built, what only an attack or a damaged file contains."""
    for opcode, argument, _ in pickletools.genops(data):
        if opcode.name not in _OPCODES:
            raise pickle.UnpicklingError(f"it uses {opcode.name}")
        if opcode.name in ("PUT", "LONG_BINPUT") and isinstance(argument, int) and argument > len(data):
            raise pickle.UnpicklingError("its memo has numbers larger than the file")


def read_pickle(path: Path) -> object:
    """The numbers, texts and containers in a pickle; arrays as NumPy arrays, sparse matrices dense.

    Raises DataError naming the file and what it asks for when that is anything else; nothing of the
    file is executed.
    """
    return unpickled(read_bytes(path, MAX_PICKLE), path)


def unpickled(data: bytes, path: Path | str) -> object:
    """What `read_pickle` makes of the bytes of a file; `path` is where they are from."""
    try:
        with warnings.catch_warnings():
            # A Python 2 file may carry escapes that today's Python warns of.
            warnings.simplefilter("ignore", DeprecationWarning)
            _inspect(data)
            # Pairs of pairs, each twice the one below, are hashed for ever where they are keys.
            with limits.processor(SECONDS + len(data) / MEGABYTE):
                value = _Unpickler(io.BytesIO(data), encoding="latin1").load()
                if not isinstance(value, dict):
                    return _plain(value)
                return {key: _plain(each) for key, each in value.items()}
    except Exception as error:  # whatever a crafted file provokes is a refusal of that file
        raise DataError(
            f"{path} is no pickle of plain arrays: {error}. Nothing in it was executed."
        ) from error


def _plain(value: object) -> object:
    if isinstance(value, _Array):
        return value.value
    return value.dense() if isinstance(value, _Sparse) else value


def read_numbers(path: Path) -> NDArray[np.generic]:
    """The array in a pickle.  Raises DataError when there is none."""
    value = read_pickle(path)
    if not isinstance(value, np.ndarray):
        raise DataError(f"{path} holds a {type(value).__name__} where an array was expected.")
    return value
