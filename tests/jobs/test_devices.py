import importlib.util
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest

from workbench.core.errors import JobError
from workbench.jobs import devices
from workbench.jobs.devices import Device, choose

CPU = Device("cpu", "cpu", "a processor", 1)
MPS = Device("mps", "mps", "Apple GPU", 1)
GPUS = (Device("cuda:0", "cuda", "big", 1), Device("cuda:1", "cuda", "small", 1))


def test_the_processor_is_always_there_and_last() -> None:
    found = devices.devices()
    assert found[-1].id == "cpu" and found[-1].memory > 2**28 and "core" in found[-1].name


@pytest.mark.parametrize(
    ("asked", "machine", "busy", "given"),
    [
        ("auto", (CPU,), (), "cpu"),
        ("auto", (CPU,), ("cpu",), None),
        ("auto", (MPS, CPU), (), "mps"),
        ("auto", (*GPUS, CPU), (), "cuda:0"),
        ("auto", (*GPUS, CPU), ("cuda:0",), "cuda:1"),
        ("auto", (*GPUS, CPU), ("cuda:0", "cuda:1"), None),  # rather wait than train far slower
        ("cuda", (*GPUS, CPU), ("cuda:0",), "cuda:1"),
        ("cuda:0", (*GPUS, CPU), ("cuda:0",), None),
        ("cpu", (*GPUS, CPU), (), "cpu"),
    ],
)
def test_a_run_gets_the_free_device_that_it_asked_for(
    asked: str, machine: tuple[Device, ...], busy: tuple[str, ...], given: str | None
) -> None:
    assert choose(asked, machine, busy) == given


@pytest.mark.parametrize("asked", ["cuda", "cuda:2", "mps", "tpu", ""])
def test_a_device_that_is_not_there_is_named_beside_those_that_are(asked: str) -> None:
    machine = (CPU,) if asked != "cuda:2" else (*GPUS, CPU)
    with pytest.raises(JobError, match=rf"no device “{asked}”.*cpu"):
        choose(asked, machine, ())


class _Driver:
    """As much of pynvml as is used: two GPUs."""

    class NVMLError(Exception):
        pass

    def __init__(self, *, broken: str = "") -> None:
        self.broken = broken

    def __getattr__(self, name: str) -> Any:
        def answer(*arguments: Any) -> Any:
            if name == self.broken:
                raise self.NVMLError(name)
            return {
                "nvmlDeviceGetCount": 2,
                "nvmlDeviceGetHandleByIndex": arguments[0] if arguments else None,
                "nvmlDeviceGetName": f"GPU {arguments[0] if arguments else ''}",
                "nvmlDeviceGetUUID": f"GPU-{'ab'[arguments[0]] if arguments else ''}123",
                "nvmlDeviceGetMemoryInfo": type("Memory", (), {"total": 8 << 30}),
            }.get(name)

        return answer


@pytest.mark.parametrize(
    ("visible", "names"),
    [
        (None, ["GPU 0", "GPU 1"]),
        ("1", ["GPU 1"]),
        ("1, 0", ["GPU 1", "GPU 0"]),
        ("GPU-b", ["GPU 1"]),
        ("", []),
        ("-1", []),
    ],
)
def test_gpus_are_numbered_as_torch_numbers_them(
    monkeypatch: pytest.MonkeyPatch, visible: str | None, names: list[str]
) -> None:
    monkeypatch.setattr(devices, "pynvml", _Driver())
    if visible is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    else:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    found = devices._cuda()
    assert [device.name for device in found] == names
    assert [device.id for device in found] == [f"cuda:{place}" for place in range(len(names))]


@pytest.mark.parametrize("broken", ["nvmlInit", "nvmlDeviceGetCount", "nvmlDeviceGetName"])
def test_without_a_working_driver_there_is_no_gpu(monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    monkeypatch.setattr(devices, "pynvml", _Driver(broken=broken))
    assert devices._cuda() == []


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("cuda: Optional[str] = None\nhip = None\n", False),
        ("__version__ = '2.13'\ncuda: Optional[str] = '12.8'\n", True),
        ("nothing = 1\n", False),
        (None, False),
    ],
)
def test_a_torch_without_cuda_uses_no_gpu(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str | None, answer: bool
) -> None:
    (tmp_path / "__init__.py").touch()
    if text is not None:
        (tmp_path / "version.py").write_text(text)
    spec = ModuleSpec("torch", None, origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    assert devices._torch_has_cuda() is answer


def test_no_torch_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert devices._torch_has_cuda() is False
