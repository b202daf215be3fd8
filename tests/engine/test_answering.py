"""A process that answers leaves nothing half done behind."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.core.files import replacing
from workbench.engine.answering import Say, answer
from workbench.store.store import Store


@pytest.fixture(autouse=True)
def ending() -> Iterator[None]:
    """Ends this process as before, afterwards."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_who_is_told_to_end_takes_away_what_is_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "out" / "runs.zip"
    place.parent.mkdir()
    place.write_bytes(b"before")
    (tmp_path / "asked").write_text("{}\n")
    reached: list[int] = []

    def do(store: Store, asked: str, say: Say) -> dict[str, Any]:
        with replacing(place) as new:
            new.write_bytes(b"half")
            reached.append(len(list(place.parent.iterdir())))
            os.kill(os.getpid(), signal.SIGTERM)
        return {}

    with (tmp_path / "asked").open() as given, monkeypatch.context() as patched:
        patched.setattr("sys.stdin", given)
        with pytest.raises(SystemExit):
            answer(str(tmp_path / "experiments.db"), do, "written")
    assert reached == [2] and list(place.parent.iterdir()) == [place] and place.read_bytes() == b"before"
