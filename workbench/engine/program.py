"""Turns a program's text into a live `Program`. The text is always written anew from the drawing before it runs,
so that a stranger's workspace cannot bring code of its own. Imports torch, codegen and core.
"""

import importlib.util
import sys
import tempfile
from collections.abc import Callable, Mapping
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from workbench.core.files import write_atomically

Batch = dict[str, Tensor]


class _Text(SourceFileLoader):
    """Compiles the file that is there, never a compiled one beside it, which could hold anything."""

    def path_stats(self, path: str) -> Mapping[str, Any]:
        raise OSError("no compiled file is used")


def import_program(file: Path) -> type[nn.Module]:
    """Imports a program's file and gives its `Program` class."""
    loader = _Text("program", str(file))
    module = importlib.util.module_from_spec(ModuleSpec("program", loader, origin=str(file)))
    sys.modules["program"] = module  # so that a traceback shows its lines
    loader.exec_module(module)
    return cast(type[nn.Module], module.Program)


def build(file: Path, text: str, seed: int, device: torch.device) -> nn.Module:
    """Writes the text to `file`, imports that very file, and constructs the program from the seed."""
    write_atomically(file, text.encode())
    cls = import_program(file)
    torch.manual_seed(seed)
    program = cls().to(device)
    _remove_generated()
    return program


def _remove_generated() -> None:
    """torch_geometric writes a module for each kind of convolution into the temporary folder, where it would stay for
    ever; once it is loaded, nobody reads the file again.
    """
    folder = Path(tempfile.gettempdir())
    for name in [name for name in sys.modules if name.startswith("torch_geometric.")]:
        module = sys.modules[name]
        file = Path(getattr(module, "__file__", None) or "")
        if file.parent == folder:
            file.unlink(missing_ok=True)
            Path(module.__cached__ or file).unlink(missing_ok=True)


def method(program: nn.Module, name: str) -> Callable[..., dict[str, Tensor]]:
    """A method that the program's text defines, such as "update_train"."""
    return cast(Callable[..., dict[str, Tensor]], getattr(program, name))


def place_of(error: BaseException) -> str:
    """The node in which an error arose, by its path in the drawing; "" where it was none."""
    modules: list[nn.Module] = []
    trace = error.__traceback__
    while trace is not None:
        owner = trace.tb_frame.f_locals.get("self")
        if isinstance(owner, nn.Module):
            modules.append(owner)
        trace = trace.tb_next
    if not modules:
        return ""
    names = {module: name for name, module in modules[0].named_modules()}
    deepest = next((names[module] for module in reversed(modules) if names.get(module)), "")
    return "/".join(part for part in deepest.split(".") if not part.isdecimal())
