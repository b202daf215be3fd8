"""Imports go down only, and heavy or foreign libraries stay in their layer."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "workbench"

# Imports all modules under the given names, then prints what is loaded.
IMPORT_ALL = """
import importlib, json, pkgutil, sys
for name in sys.argv[1:]:
    module = importlib.import_module(name)
    for found in pkgutil.walk_packages(getattr(module, "__path__", []), name + "."):
        if ".migrations." not in found.name:  # Alembic runs those
            importlib.import_module(found.name)
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""


def loaded_by(*modules: str) -> set[str]:
    command = [sys.executable, "-c", IMPORT_ALL, *modules]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


def test_the_import_contracts_hold() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("layer", ["core", "catalog"])
def test_the_lowest_layers_need_the_standard_library_only(layer: str) -> None:
    foreign = []
    for path in sorted((PACKAGE / layer).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or "."]
            foreign += [
                f"{path.relative_to(ROOT)}: {name}"
                for name in names
                if name.split(".")[0] not in {*sys.stdlib_module_names, "workbench"}
            ]
    assert not foreign


def test_the_window_never_loads_torch() -> None:
    loaded = loaded_by("workbench.app", "workbench.gui")
    assert "PySide6" in loaded
    assert not loaded & {"torch", "torch_geometric", "sklearn", "pandas"}


def test_the_command_line_starts_without_qt_and_torch() -> None:
    # It must train in the terminal also where Qt cannot be loaded.
    assert not loaded_by("workbench.cli") & {"torch", "PySide6", "pyqtgraph"}


def test_the_runner_is_light() -> None:
    loaded = loaded_by("workbench.jobs.runner")
    assert "sqlalchemy" in loaded
    assert not loaded & {"torch", "PySide6", "numpy", "pandas"}


def test_the_trainer_never_loads_qt() -> None:
    assert not loaded_by("workbench.engine.train") & {"PySide6", "pyqtgraph"}
