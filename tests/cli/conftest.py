"""The command line, put together once for all its tests: a program does it once, too, and it takes as long as most."""

from functools import cache

import pytest
import typer.main

_put_together = cache(typer.main.get_command)


@pytest.fixture(autouse=True)
def _put_together_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typer.main, "get_command", _put_together)
