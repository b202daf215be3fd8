"""What the training setting “Start from” may say: nothing, `run:7`, or the path of a file. Core only."""

from pathlib import PurePath

from workbench.core.errors import FieldError

RUN = "run:"
ELSEWHERE = " elsewhere"
"""Stands behind a run that stayed in the workspace from which a drawing came."""
PICKLES = (".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle")
FILE = ".safetensors"


def run_of(text: str) -> int:
    """The run that a text names, 0 for a file, -7 for run 7 elsewhere. Raises FieldError for what is none of them."""
    if text.startswith(RUN):
        number = text.removeprefix(RUN).removesuffix(ELSEWHERE).strip()
        if not (number.isascii() and number.isdecimal() and len(number) < 10 and int(number)):
            raise FieldError(
                "weights", f"“{text[:64]}” names no run; write run: and its number, such as run:7."
            )
        return -int(number) if text.endswith(ELSEWHERE) else int(number)
    if PurePath(text).suffix.lower() in PICKLES:
        raise FieldError("weights", pickled(text))
    return 0


def stayed(run: int) -> str:
    """Why a run that is elsewhere is no start, and what to do."""
    return f"run {run} stayed in the workspace from which this drawing came; choose another start."


def pickled(text: str) -> str:
    """Why such a file is not opened, and what to do."""
    old, new = PurePath(text).name, PurePath(text).stem + FILE
    # Weights may be tied, which the new format refuses, and may lie in “state_dict” beside other things.
    return (
        f"{text} is in a format that can run code when it is opened, so it is not opened here. Where you trust it, "
        "convert it once with Python, in its folder: import torch; from safetensors.torch import save_file; "
        f'found = torch.load({old!r}, map_location="cpu", weights_only=True); found = found.get("state_dict", found); '
        "save_file({name: x.contiguous().clone() for name, x in found.items() if isinstance(x, torch.Tensor)}, "
        f"{new!r})"
    )
