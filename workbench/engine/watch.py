"""Live values of one training step: what each node put out, its gradient, its time and memory.

Looks at the program while it runs and changes nothing in it: weights stay bit-identical. Imports torch
and the catalog.
"""

import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import FrameType, FunctionType

import torch
from torch import Tensor, nn

from workbench.catalog.scope import NodeInfo

Live = dict[str, dict[str, float]]
"""By the path of a node ("conv1", "layers/attention"): mean, std, dead, gradient, ms, mb; what is known of them."""


@dataclass(slots=True)
class _Seen:
    """What was gathered of one node; a repeated block comes by several times."""

    means: list[float] = field(default_factory=list)
    squares: list[float] = field(default_factory=list)
    several: bool = False
    dead: list[float] = field(default_factory=list)
    bytes: int = 0
    seconds: float = 0.0


class Watch:
    """Watches single steps of one program; `nodes` are those of its drawing, by path."""

    def __init__(self, program: nn.Module, nodes: Mapping[str, NodeInfo], device: torch.device) -> None:
        self._nodes = frozenset(_drawn(path) for path in nodes)
        # The program's variables for what a node puts out.
        self._variables = {
            name: _drawn(path) for path, info in nodes.items() for name in _variables(_drawn(path), info)
        }
        self._device = device
        self._files = {
            method.__code__.co_filename
            for method in vars(type(program)).values()
            if isinstance(method, FunctionType)
        }
        self._paths: dict[nn.Module, str] = {}
        for name, module in program.named_modules():  # an instance of a repeated block is named by a number
            self._paths[module] = "/".join(part for part in name.split(".") if not part.isdecimal())

    @contextmanager
    def step(self, tell: Callable[[Live], object]) -> Iterator[None]:
        """Watches what runs inside, a whole step with its updates; then tells the values."""
        seen: dict[str, _Seen] = {}
        before = sys.getprofile()
        with ExitStack() as hooks:
            for module, path in self._paths.items():
                if path in self._nodes:
                    self._time(module, path, seen, hooks)
            sys.setprofile(lambda frame, event, value: self._look(frame, event, seen))
            try:
                yield
            finally:
                sys.setprofile(before)
        tell(self._live(seen))

    def _time(self, module: nn.Module, path: str, seen: dict[str, _Seen], hooks: ExitStack) -> None:
        started: list[float] = []

        def begin(module: nn.Module, inputs: object) -> None:
            started.append(self._now())

        def end(module: nn.Module, inputs: object, outputs: object) -> None:
            seen.setdefault(path, _Seen()).seconds += self._now() - started.pop()

        hooks.callback(module.register_forward_pre_hook(begin).remove)
        hooks.callback(module.register_forward_hook(end).remove)

    def _now(self) -> float:
        if self._device.type == "cuda":  # which else would still be at work
            torch.cuda.synchronize(self._device)
        return time.perf_counter()

    def _look(self, frame: FrameType, event: str, seen: dict[str, _Seen]) -> None:
        """At the end of a forward pass its variables are the outputs of the nodes, under their names."""
        code = frame.f_code
        if event != "return" or code.co_filename not in self._files:
            return
        if code.co_name != "forward" and not code.co_name.startswith("update_"):
            return
        path = self._paths.get(frame.f_locals.get("self"))  # type: ignore[arg-type]  # None has no path
        if path is None:
            return
        for name, value in frame.f_locals.items():
            inner = self._variables.get(f"{path}/{name}" if path else name)
            if inner is not None and isinstance(value, Tensor):
                _note(seen.setdefault(inner, _Seen()), value.detach())

    def _live(self, seen: dict[str, _Seen]) -> Live:
        squares: dict[str, float] = {}
        for module, path in self._paths.items():
            if path in self._nodes:
                own = [weight.grad for weight in module.parameters() if weight.grad is not None]
                if own:
                    norm = torch.nn.utils.get_total_norm(own).item()
                    squares[path] = squares.get(path, 0.0) + norm**2
        found: Live = {}
        for path in {**seen, **squares}:
            known = _figures(seen[path]) if path in seen else {}
            if path in squares:
                known["gradient"] = math.sqrt(squares[path])
            found[path] = {name: value for name, value in known.items() if math.isfinite(value)}
        return found


def _note(seen: _Seen, value: Tensor) -> None:
    seen.bytes += value.nbytes
    if not value.is_floating_point() or value.numel() == 0:
        return
    wide = value.float()
    seen.means.append(wide.mean().item())
    seen.several |= value.numel() > 1
    seen.squares.append(wide.square().mean().item())
    if value.dim() > 1:
        seen.dead.append((wide == 0).all(dim=0).float().mean().item())


def _figures(seen: _Seen) -> dict[str, float]:
    known: dict[str, float] = {}
    if seen.means:
        mean = sum(seen.means) / len(seen.means)
        known["mean"] = mean
        if seen.several:
            known["std"] = math.sqrt(max(0.0, sum(seen.squares) / len(seen.squares) - mean**2))
    if seen.dead:
        known["dead"] = sum(seen.dead) / len(seen.dead)
    if seen.seconds:
        known["ms"] = 1000 * seen.seconds
    if seen.bytes:
        known["mb"] = seen.bytes / 1e6
    return known


def _variables(path: str, info: NodeInfo) -> list[str]:
    return [path] if len(info.outputs) < 2 else [f"{path}_{port}" for port in info.outputs]


def _drawn(path: str) -> str:
    """The path of a node without the numbers of repetitions."""
    return "/".join(part.partition("#")[0] for part in path.split("/"))
