"""A feigned readers' process, quick and obedient: what it answers follows from names and options."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from workbench.gui.data import reading
from workbench.gui.data.view import DataView
from workbench.gui.data.wizard import Wizard
from workbench.gui.window import MainWindow

PROGRAM = """
import json, os, sys, time
request = json.loads(sys.stdin.readline())
def say(**what): print(json.dumps(what), flush=True)
name, options = os.path.basename(request["path"]), request.get("options", {})
with open(LOG, "a") as log: log.write(json.dumps(request) + "\\n")
OPTIONS = [
    {"name": "target", "label": "Target", "help": "To predict.", "kind": "column", "default": "", "choices": []},
    {"name": "drop", "label": "Left out", "help": "Not used.", "kind": "columns", "default": None, "choices": []},
    {"name": "header", "label": "Header", "help": "", "kind": "switch", "default": None, "choices": []},
    {"name": "split", "label": "Split", "help": "How dealt.", "kind": "choice", "default": "",
     "choices": [["", "As the files say"], ["time", "By time"]]},
    {"name": "validation", "label": "Validation share", "help": "Share.", "kind": "share", "default": None,
     "choices": [], "min": 0, "max": 0.9},
    {"name": "encoding", "label": "Encoding", "help": "Of the text.", "kind": "text", "default": "", "choices": [],
     "advanced": True},
]
READERS = [{"name": "table", "title": "table", "options": OPTIONS}, {"name": "text", "title": "text", "options": []}]
if name == "hangs": time.sleep(60)
if "empty" in name: sys.exit(f"The folder {name} is empty.")
if request["do"] == "detect":
    suits = [] if "strange" in name else [{"name": "table", "title": "table", "reason": "its name ends in .csv"}]
    say(readers=suits, all=READERS)
    sys.exit()
if not request["reader"] and "strange-folder" in name:
    say(choices={"inside": [request["path"] + "/a.csv", request["path"] + "/b.csv"]})
    sys.exit("It holds several files that could be meant: a.csv, b.csv. Name one of them.")
if not request["reader"]: sys.exit(f"No reader suits {name}; name one of its files.")
known = {"understood": {"target": "label", "drop": ["id"], "header": True, "split": "time", "validation": 0.2},
         "choices": {"columns": ["id", "x", "label"]}}
if options.get("target") == "x":
    say(**known, problems=[])
    sys.exit("The column x has 20 different texts.")
if request.get("into"):
    say(progress=["Rows", 5, 20])
    if "slow" in name: time.sleep(60)
    open(request["into"] + "/content.json", "w").write("{}")
title = request.get("name") or name.split(".")[0].capitalize()
part = {"name": "features", "kind": "row", "values": [1.0, 2.0]}
say(id=title.lower(), title=title, reader=request["reader"], fingerprint="f", layout="items",
    schema={"id": "a", "title": title, "kind": "table", "items": 20, "labels": ["a", "b"], "facts": {"classes": 2},
            "outputs": {"features": {"shape": ["N", 2], "dtype": "float", "bound": 0}}, "description": ""},
    splits={"train": 12, "validation": 4, "test": 4}, options=OPTIONS if request["reader"] == "table" else [],
    problems=[os.path.join(request["path"], "a.png") + " is damaged and left out."] if name == "album" else
        [f"Row {row} is left out." for row in range(10000 if "wild" in name else 2)],
    figures=[{"title": "Classes", "kind": "bars", "names": ["a", "b"], "values": [10, 10], "edges": []}],
    items=[{"place": n, "position": n, "split": "train", "label": "a", "parts": [part]} for n in range(3)], **known)
"""


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The requests that the feigned process got, a line each."""
    requests = tmp_path / "requests.log"
    requests.touch()
    program = tmp_path / "program.py"
    program.write_text(f"LOG = {str(requests)!r}\n{PROGRAM}", encoding="utf-8")
    monkeypatch.setattr(reading, "python", lambda _: [sys.executable, "-S", str(program)])
    return requests


@pytest.fixture
def view(qtbot: QtBot, log: Path, window: MainWindow) -> Iterator[DataView]:
    window.show_view("data")
    window.activateWindow()
    made = window.view("data")
    assert isinstance(made, DataView)
    yield made
    made.wizard.close_source()


@pytest.fixture
def wizard(view: DataView) -> Wizard:
    view.show_wizard()
    return view.wizard
