import json
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.engine.data import load
from workbench.engine.data.__main__ import main
from workbench.store.records import DatasetRecord


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "flowers.csv"
    file.write_text("x,y,label\n" + "\n".join(f"{i},7,{'ab'[i % 2]}" for i in range(20)))
    return file


def test_the_printed_record_loads(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(table), "--reader", "table", "--option", "target=label"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed.pop("problems") == ['The column "y" is left out: it has the same value everywhere.']
    record = DatasetRecord(**printed)
    assert record.options == {"target": "label"}
    assert load(record).schema.labels == ("a", "b")


def test_an_error_is_one_line_and_no_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "workbench.engine.data", str(tmp_path / "gone")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"There is no file or folder {tmp_path / 'gone'}.\n"


def test_an_option_without_value_is_wrong_use(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([str(table), "--option", "target"])
    assert caught.value.code == 2
    assert 'NAME=VALUE, not "target"' in capsys.readouterr().err
