"""Screenshots of every view in both themes, from a copy of the sample workspace: `make shots`.

May import everything that the window may.
"""

import argparse
import csv
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from tools.tour import Hands, build
from workbench.core.assign import assign
from workbench.core.edits import SetTraining
from workbench.core.expressions import Value
from workbench.gui import theme
from workbench.gui.data.view import DataView
from workbench.gui.design.bottom import PROBLEMS, UPDATES
from workbench.gui.design.view import DesignView
from workbench.gui.inspect.explain import ExplainPage
from workbench.gui.inspect.page import Place
from workbench.gui.inspect.view import InspectView
from workbench.gui.session import Session
from workbench.gui.settings.preferences import Preferences
from workbench.gui.widgets.media import MediaPanel
from workbench.gui.window import VIEWS, MainWindow

ROOT = Path(__file__).resolve().parent.parent
SETTLE_MS = 900
DRAWN, MARKED = "gan", "judge"
SHOWN = "digits"
TOUR = "tour"
WIZARD = "data-add"
TRANSFER = "transfer"
PROBES = "probes"
INSPECTED = "lenet5"
EXPLAIN = "explain"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pictures; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.shots", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images", help="folder for the pictures")
    parser.add_argument(
        "--workspace", type=Path, default=ROOT / "experiments.db", help="whose runs are shown"
    )
    parser.add_argument("--size", default="1600x900", help="of the window, such as 1280x720")
    choices = [*(view.id for view in VIEWS), EXPLAIN, WIZARD, TRANSFER, PROBES, TOUR]
    parser.add_argument("--view", choices=choices, action="append", help="only this view, or this scene")
    options = parser.parse_args(arguments)
    width, height = (int(part) for part in options.size.split("x"))
    options.out.mkdir(parents=True, exist_ok=True)
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    with tempfile.TemporaryDirectory() as folder:
        try:
            workspace = copy_of(options.workspace, Path(folder))
        except FileExistsError as error:
            print(error, file=sys.stderr)
            return 1
        session = Session(workspace, Preferences(Path(folder) / "window.json"))
        theme.apply(app, "dark")  # before there is a window, as the program does
        window = MainWindow(session)
        window.resize(width, height)
        window.show()
        session.start()
        until_open(session)
        wanted = options.view or choices
        for mode in ("dark", "light"):
            theme.apply(app, mode)
            for view in wanted:
                if view not in (
                    TRANSFER,
                    PROBES,
                    TOUR,
                ):  # which change what is shown, and are made in one theme
                    if view == WIZARD:
                        look_at_wine(window)
                    elif view in ("inspect", EXPLAIN):
                        look_into(window, "Explain" if view == EXPLAIN else "Errors")
                    else:
                        show(window, view)
                    save(window, options.out / f"{view}-{mode}.png")
        theme.apply(app, "dark")
        if TRANSFER in wanted:
            start_from_weights(window)
            save(window, options.out / f"{TRANSFER}-dark.png")
        if PROBES in wanted:
            train_a_translator(window)
            save(window, options.out / f"{PROBES}-dark.png")
        if TOUR in wanted:
            tour(window, options.out)
        window.close()
    return 0


def copy_of(workspace: Path, folder: Path) -> Path:
    """A copy to show, so that the original stays as it is; an empty workspace where there is none."""
    if workspace.with_name(workspace.name + "-wal").exists():
        raise FileExistsError(f"{workspace} is in use. Close Workbench and let its runs end, then try again.")
    if workspace.exists():
        shutil.copy(workspace, folder / workspace.name)
    files = workspace.with_suffix(".files")
    if files.is_dir():
        shutil.copytree(files, folder / files.name)
    return folder / workspace.name


def show(window: MainWindow, view: str) -> None:
    """Go to a view and to what is worth seeing in it."""
    session = window.session
    if view == "design" and session.document.name != DRAWN:
        known = next((model.id for model in session.models if model.name == DRAWN), 0)
        if known:
            session.open_model(known)
        else:
            session.open_template(DRAWN)
        wait(SETTLE_MS)
    what: dict[str, object] = {
        "data": SHOWN,
        "design": MARKED,
        "runs": session.runs[0].id if session.runs else None,
        "compare": alike(session),
    }
    window.show_view(view, what.get(view))
    if isinstance(shown := window.view(view), DataView):
        while not shown.page.items.grid.model.rowCount():  # a process opens the dataset first
            wait(50)
    window.setFocus()
    wait(SETTLE_MS)


def look_at_wine(window: MainWindow) -> None:
    """Opens the wizard on a table of wines, as a person would drop it."""
    from sklearn.datasets import load_wine

    wines = load_wine()
    file = Path(tempfile.gettempdir()) / "wines.csv"  # seen in the picture, so the same in each
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([*wines.feature_names, "cultivar"])
        for features, target in zip(wines.data, wines.target, strict=True):
            writer.writerow([*features, "Barolo Grignolino Barbera".split()[target]])
    window.show_view("data", file)
    view = window.view("data")
    assert isinstance(view, DataView)
    wait(SETTLE_MS)
    while view.wizard.page.cancel.isVisible():
        wait(50)
    window.setFocus()
    wait(SETTLE_MS)
    file.unlink()


def start_from_weights(window: MainWindow) -> None:
    """A model that starts from a run, with frozen parts and one that learns faster, as the guide on transfer has it."""
    session = window.session
    session.open_template("lenet5")
    wait(SETTLE_MS)
    run = next((run.id for run in session.runs if run.model == "lenet5" and run.step), 0)
    document = session.document
    settings: dict[str, Value] = {
        "training.weights": f"run:{run}" if run else "",
        "training.updates.train.rates.conv1": 0,
        "training.updates.train.rates.conv2": 0,
        "training.updates.train.rates.fc3": 3,
    }
    for name, value in settings.items():
        document = assign(document, name, value)
    session.do(SetTraining(document.training))
    window.show_view("design", None)
    view = window.view("design")
    assert isinstance(view, DesignView)
    view.bottom.tabs.setCurrentIndex(UPDATES)
    window.setFocus()
    wait(SETTLE_MS)


def look_into(window: MainWindow, title: str) -> None:
    """A page of Inspect for a small network, which trains a moment where no run has kept weights."""
    view = window.view("inspect")
    assert isinstance(view, InspectView)
    if view.subject is None:
        window.show_view("inspect", train(window.session, INSPECTED, 6))
        while view.subject is None:
            wait(50)
    window.show_view("inspect")
    view.go(title, Place("test", 4))
    if isinstance(page := view.pages[title], ExplainPage):
        for box in page.boxes.values():
            box.setChecked(True)
    wait(SETTLE_MS)
    while view.pages[title].is_busy:
        wait(50)
    window.messages.hide()
    window.setFocus()
    wait(SETTLE_MS)


def train_a_translator(window: MainWindow) -> None:
    """Half a minute of training, and where it looks at the end, as the guide on probes has it."""
    window.show_view("runs", train(window.session, "seq2seq-lstm", 8))
    media = window.findChild(MediaPanel)
    while media is None or not media.media_count:
        wait(50)
        media = window.findChild(MediaPanel)
    window.messages.hide()
    window.setFocus()
    wait(SETTLE_MS)


def train(session: Session, template: str, epochs: int) -> int:
    """Train a template for some epochs; gives its run once that has ended."""
    session.open_template(template)
    wait(SETTLE_MS)
    session.do(SetTraining(assign(session.document, "training.epochs", epochs).training))
    before = {run.id for run in session.runs}
    session.starter.train()
    while not (made := [run for run in session.runs if run.id not in before and run.final]):
        wait(200)
    return made[0].id


def tour(window: MainWindow, out: Path) -> None:
    """Draws the residual network of the guide and takes its pictures on the way."""
    window.session.new_model()
    view = window.view("design")
    assert isinstance(view, DesignView)
    view.bottom.tabs.setCurrentIndex(PROBLEMS)  # whatever was looked at before
    window.activateWindow()  # keys go to the active window only
    wait(SETTLE_MS)

    def stage(name: str) -> None:
        wait(SETTLE_MS)
        save(window, out / f"{TOUR}-{name}.png")

    build(Hands(view), stage)


def alike(session: Session) -> list[int]:
    """Runs worth comparing: up to four of the model that was trained most often."""
    ((model, _),) = Counter(run.model for run in session.runs).most_common(1) or [("", 0)]
    return [run.id for run in session.runs if run.model == model][:4]


def save(window: MainWindow, path: Path) -> None:
    """As a picture of 256 colours, which is what a window has: half the size, and nothing to see of it."""
    window.grab().save(str(path), "PNG", 0)
    with Image.open(path) as picture:
        few = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    print(f"{path}  {path.stat().st_size // 1024} kB")


def until_open(session: Session) -> None:
    """Wait for the workspace's first news."""
    while not session.is_open:
        wait(20)


def wait(milliseconds: int) -> None:
    """Let the window live for a while."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


if __name__ == "__main__":
    sys.exit(main())
