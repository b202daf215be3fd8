"""Which workspace a command means, and the window on it. Imports the window only to open it."""

from pathlib import Path


def default_workspace() -> Path:
    """`experiments.db` in the current folder if there is one, else that in the user's data folder."""
    here = Path("experiments.db").resolve()
    if here.is_file():
        return here
    import platformdirs

    folder = platformdirs.user_data_path("workbench")
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "experiments.db"


def open_window(workspace: Path) -> int:
    """Opens the window and waits for its end."""
    from workbench.app import main as app_main

    return app_main(workspace)
