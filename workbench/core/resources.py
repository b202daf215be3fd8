"""Finds the resources folder: inside the package in a wheel, beside it in a checkout."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
_ROOT = next(
    (folder for folder in (_PACKAGE / "resources", _PACKAGE.parent / "resources") if folder.is_dir()),
    _PACKAGE / "resources",
)


def resource(*parts: str) -> Path:
    """Path of a file or folder that ships with Workbench, such as resource("templates")."""
    return _ROOT.joinpath(*parts)
