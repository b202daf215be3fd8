"""The devices of this machine, found without importing torch, and which of them a queued run gets.

Standard library, psutil and nvidia-ml-py only.
"""

import ast
import importlib.util
import os
import platform
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import psutil
import pynvml

from workbench.core.errors import JobError


@dataclass(frozen=True, slots=True)
class Device:
    """Something that can train one run at a time. `id` is torch's name for it, `memory` is in bytes."""

    id: str
    kind: Literal["cuda", "mps", "cpu"]
    name: str
    memory: int


@cache
def devices() -> tuple[Device, ...]:
    """All devices that torch, as installed here, can use; the CPU is the last."""
    memory = psutil.virtual_memory().total
    found = list(_cuda()) if _torch_has_cuda() else []
    if sys.platform == "darwin" and platform.machine() == "arm64":
        found.append(Device("mps", "mps", "Apple GPU", memory))
    return (*found, Device("cpu", "cpu", _processor(), memory))


def choose(asked: str, devices: Sequence[Device], busy: Collection[str]) -> str | None:
    """The free device for a run that asked for "auto", a kind, or one device; None means wait.

    "auto" is a GPU where the machine has one, even if the run must wait for it. Raises JobError for a device
    that is not there.
    """
    wanted = asked
    if asked == "auto":
        kinds = [device.kind for device in devices]
        wanted = next(kind for kind in ("cuda", "mps", "cpu") if kind in kinds)
    fitting = [device.id for device in devices if wanted in (device.id, device.kind)]
    if not fitting:
        names = ", ".join(device.id for device in devices)
        raise JobError(f"This machine has no device “{asked}” that PyTorch can use here (it has: {names}).")
    return next((id for id in fitting if id not in busy), None)


def _cuda() -> list[Device]:
    """NVIDIA GPUs as torch will count them: in the order of the bus, those that CUDA_VISIBLE_DEVICES leaves."""
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:  # no driver, so no GPU
        return []
    try:
        found = []
        for index in range(pynvml.nvmlDeviceGetCount()):
            handle = pynvml.nvmlDeviceGetHandleByIndex(index)
            name, memory = pynvml.nvmlDeviceGetName(handle), pynvml.nvmlDeviceGetMemoryInfo(handle).total
            found.append((str(index), str(pynvml.nvmlDeviceGetUUID(handle)), str(name), int(memory)))
    except pynvml.NVMLError:  # a driver in the middle of an update: no GPU until the next start
        return []
    finally:
        pynvml.nvmlShutdown()
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        asked = [part.strip() for part in visible.split(",") if part.strip()]
        found = [gpu for part in asked for gpu in found if gpu[0] == part or gpu[1].startswith(part)]
    return [Device(f"cuda:{place}", "cuda", gpu[2], gpu[3]) for place, gpu in enumerate(found)]


def _torch_has_cuda() -> bool:
    """Read from torch's version file: importing torch takes most of a second, and this process never does."""
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return False
    version = Path(spec.origin).with_name("version.py")
    if not version.exists():
        return False
    for statement in ast.parse(version.read_text(encoding="utf-8")).body:
        target = statement.target if isinstance(statement, ast.AnnAssign) else None
        if isinstance(target, ast.Name) and target.id == "cuda" and isinstance(statement, ast.AnnAssign):
            return isinstance(statement.value, ast.Constant) and statement.value.value is not None
    return False


def _processor() -> str:
    cores = os.cpu_count() or 1
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                name = line.partition(":")[2].strip()
                break
    return f"{name}, {cores} cores"
