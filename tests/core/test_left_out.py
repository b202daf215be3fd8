import importlib
import sys

import pytest

from workbench.core.left_out import leave_out


def test_what_is_left_out_is_as_if_it_were_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.delitem(sys.modules, "this", raising=False)
    leave_out("this")
    with pytest.raises(ModuleNotFoundError, match="this is left out"):
        importlib.import_module("this")
    assert importlib.import_module("colorsys").rgb_to_hsv(0, 0, 0) == (0, 0, 0)
