"""Which workspace a command means, and the window on it. Imports the window only to open it."""

import gc
import os
import sys
from pathlib import Path


def has_display() -> bool:
    """Whether a window can be shown: always on macOS and Windows, elsewhere when a display or a Qt platform is set."""
    if sys.platform in ("darwin", "win32"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def default_workspace() -> Path:
    """`experiments.db` in the current folder if there is one, else that in the user's data folder."""
    here = Path("experiments.db").resolve()
    if here.is_file():
        return here
    import platformdirs

    folder = platformdirs.user_data_path("workbench")
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "experiments.db"


def open_window(workspace: Path, *, preferences: Path | None = None, logs: Path | None = None) -> int:
    """Opens the window and waits for its end."""
    gc.disable()  # all that loads stays: looking for what can go would be 7 % of it; gui.garbage does so from then on
    from workbench.app import main as app_main

    return app_main(workspace, preferences=preferences, logs=logs)
