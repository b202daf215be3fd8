"""What the training setting “Start from” may say: nothing, `run:7`, or the path of a file. Core only."""

from pathlib import PurePath

from workbench.core.errors import FieldError

RUN = "run:"
PICKLES = (".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle")
FILE = ".safetensors"


def run_of(text: str) -> int:
    """The run that a text names, 0 for a file. Raises FieldError for what is neither."""
    if text.startswith(RUN):
        number = text.removeprefix(RUN).strip()
        if not (number.isascii() and number.isdecimal() and len(number) < 10 and int(number)):
            raise FieldError(
                "weights", f"“{text[:64]}” names no run; write run: and its number, such as run:7."
            )
        return int(number)
    if PurePath(text).suffix.lower() in PICKLES:
        raise FieldError("weights", pickled(text))
    return 0


def pickled(text: str) -> str:
    """Why such a file is not opened, and what to do."""
    name = PurePath(text).name
    return (
        f"{text} is in a format that can run code when it is opened, so it is not opened here. Where you trust it, "
        "convert it once with Python: from safetensors.torch import save_file; "
        f'save_file(torch.load("{name}", weights_only=True), "{PurePath(text).stem}{FILE}").'
    )
