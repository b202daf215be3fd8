"""Where the program starts: without arguments the window, with a command the terminal, without a display a training.

Imports the commands only when one is asked for, so that the window opens fast.
"""

import os
import sys

from workbench.cli.workspace import default_workspace, open_window
from workbench.core.errors import WorkbenchError


def main() -> None:
    """Runs the program and ends the process with the documented exit code."""
    arguments = sys.argv[1:]
    if not arguments:
        if has_display():
            sys.exit(open_window(default_workspace()))
        print("There is no display here, so the first template is trained in this terminal instead.")
        print("(With a screen, `workbench` opens the window. `workbench --help` lists all commands.)\n")
        arguments = ["train", "lenet5"]
    sys.exit(run(arguments))


def run(arguments: list[str]) -> int:
    """Runs one command; errors are one line on stderr, unless --debug asks for all of it."""
    from workbench.cli.commands import app

    debug = "--debug" in arguments
    try:
        result = app([argument for argument in arguments if argument != "--debug"], standalone_mode=False)
        return result if isinstance(result, int) else 0
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - stays open for the interpreter's last flush
        return 0
    except WorkbenchError as error:
        if debug:
            raise
        print(f"error: {error}", file=sys.stderr)
        return 1
    except Exception as error:
        if debug:
            raise
        return _unexpected(error)


def _unexpected(error: Exception) -> int:
    """Wrong use, as the command-line library tells it, or a fault of ours."""
    import click
    import typer

    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    if isinstance(error, click.exceptions.Exit | typer.Exit):
        return error.exit_code
    if isinstance(error, click.exceptions.Abort):
        return 130
    text = " ".join(str(error).split())
    print(f"error: {type(error).__name__}: {text} (all of it with --debug)", file=sys.stderr)
    return 1


def has_display() -> bool:
    """Whether a window can be shown: always on macOS and Windows, elsewhere when a display or a Qt platform is set."""
    if sys.platform in ("darwin", "win32"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
