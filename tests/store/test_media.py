"""What probes recorded: workspaces of the first format take records of every kind, and keep what they have."""

import shutil
from contextlib import closing
from pathlib import Path
from typing import get_args

from workbench.store.records import MediaKind
from workbench.store.store import Store

FIRST_FORMAT = Path(__file__).parents[1] / "files" / "workspace-0001.db"


def test_a_workspace_of_the_first_format_takes_every_kind(tmp_path: Path) -> None:
    path = tmp_path / "experiments.db"
    shutil.copy(FIRST_FORMAT, path)
    with closing(Store(path)) as store:
        run = store.runs()[0].id
        before = store.media(run)
        for number, kind in enumerate(get_args(MediaKind)):
            store.add_media(run, "probe", kind, number, 1, b"content", "validation")
        after = store.media(run)
    assert after[: len(before)] == before
    assert [one.kind for one in after[len(before) :]] == list(get_args(MediaKind))
