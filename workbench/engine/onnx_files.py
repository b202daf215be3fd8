"""Models as ONNX files: written, then held against the program itself with ONNX Runtime before they count.

Imports torch; ONNX's own packages, the extra `onnx`, only when one is written.
"""

import importlib.util
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.export import ExportedProgram

from workbench.core import text
from workbench.core.errors import CodeError, JobError
from workbench.core.files import write_atomically
from workbench.engine import tracing
from workbench.engine.tracing import TRIED, Interface, quiet, refusal
from workbench.engine.trained import Model

TOLERANCE = 1e-4
"""How far a result may be off, relative to the largest number of an output where that is above 1."""
LARGEST = 2_000_000_000
"""ONNX files are protocol buffers, which hold no more than 2 GiB."""
_NEEDED = ("onnx", "onnxscript", "onnxruntime")
_OWN = "program."


def refuse_without_packages() -> None:
    """Raises JobError where ONNX's packages are not installed."""
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise JobError(
            f"ONNX files are written with {' and '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not "
            'installed here: pip install "workbench[onnx]".'
        )


def write(
    graph: ExportedProgram,
    model: Model,
    interface: Interface,
    file: Path,
    examples: Callable[[int], Sequence[Tensor]],
) -> tuple[list[str], float]:
    """Writes the file once its results are those of the program; gives its inputs, and how far results are apart.

    Raises CodeError for what ONNX cannot express, JobError where ONNX Runtime computes something else, OSError.
    """
    size = sum(tensor.numel() * tensor.element_size() for tensor in graph.state_dict.values())
    if size > LARGEST:
        raise JobError(
            f"The model's weights take {text.size(size)}; an ONNX file holds 2 GB at most. Export to safetensors."
        )
    axes = tuple(
        {place: dim for place, dim in enumerate(spec.shape) if isinstance(dim, str)}
        for spec in interface.inputs.values()
    )
    try:
        with quiet():
            made = torch.onnx.export(
                graph,
                dynamo=True,
                input_names=list(interface.inputs),
                output_names=list(interface.outputs),
                dynamic_shapes=(axes,),
                verbose=False,
            )
    except Exception as error:
        raise refusal(model, error, "The model cannot be written as ONNX") from error
    assert made is not None
    for value in list(made.model.graph.initializers.values()):
        if value.name and value.name.startswith(_OWN):
            value.name = value.name.removeprefix(_OWN)
    for value in list(made.model.graph.inputs):
        if not value.uses():  # such as the labels that an augmentation would turn with the pictures
            made.model.graph.inputs.remove(value)
    with tempfile.TemporaryDirectory() as folder:
        temporary = Path(folder) / "model.onnx"
        with quiet():
            made.save(temporary, external_data=False)
        content = temporary.read_bytes()
    worst = _apart(content, model, interface, examples)
    write_atomically(file, content)
    return [str(value.name) for value in made.model.graph.inputs], worst


def _apart(
    content: bytes, model: Model, interface: Interface, examples: Callable[[int], Sequence[Tensor]]
) -> float:
    """How far ONNX Runtime's results are from the program's, at most. Raises JobError above TOLERANCE."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        session: Any = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise JobError(f"ONNX Runtime does not take the exported model: {_first(error)}") from error
    worst = 0.0
    for size in TRIED:
        inputs = examples(size)
        wanted = tracing.computed(model, interface, inputs)
        again = tracing.computed(model, interface, inputs)
        if not all(
            torch.equal(one.nan_to_num(), other.nan_to_num())
            for one, other in zip(wanted, again, strict=True)
        ):
            raise CodeError(
                "The model draws random numbers whenever it computes, so that no file can be held against it. "
                "Choose an output in front of them with --output."
            )
        known = {each.name for each in session.get_inputs()}
        given = {
            name: tensor.numpy()
            for name, tensor in zip(interface.inputs, inputs, strict=True)
            if name in known
        }
        try:
            found = session.run(list(interface.outputs), given)
        except Exception as error:
            raise JobError(
                f"ONNX Runtime cannot compute the exported model for {text.plural(size, 'example')}: {_first(error)}"
            ) from error
        for name, one, other in zip(interface.outputs, wanted, found, strict=True):
            worst = max(worst, _difference(name, one, torch.from_numpy(other), size))
    return worst


def _difference(name: str, wanted: Tensor, found: Tensor, size: int) -> float:
    """The largest difference, relative where numbers are above 1. Raises JobError above TOLERANCE."""
    if wanted.shape != found.shape:
        shapes = ["×".join(map(str, each.shape)) or "1" for each in (found, wanted)]
        raise JobError(
            f"The exported model gives “{name}” the shape {shapes[0]} for {text.plural(size, 'example')}, and not "
            f"{shapes[1]}. Nothing was written."
        )
    one, other = wanted.double(), found.double()
    finite = one.isfinite()
    if not torch.equal(one[~finite].nan_to_num(), other[~finite].nan_to_num()):
        raise JobError(
            f"“{name}” of the exported model is not finite where the program's is. Nothing was written."
        )
    if not bool(finite.any()):
        return 0.0
    largest = max(1.0, float(one[finite].abs().max()))
    off = float((one[finite] - other[finite]).abs().max()) / largest
    if off > TOLERANCE or off != off:
        raise JobError(
            f"“{name}” of the exported model is off by {off:.1e}, more than {TOLERANCE:g}, for "
            f"{text.plural(size, 'example')}. Nothing was written."
        )
    return off


def _first(error: BaseException) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
