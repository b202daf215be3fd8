"""Where the program starts: without arguments the window, with a command the terminal.

Imports the commands only when one is asked for, so that the window opens fast.
"""

import os
import sys

from workbench.cli.workspace import default_workspace, has_display, open_window
from workbench.core.errors import WorkbenchError


def main() -> None:
    """Runs the program and ends the process with the documented exit code."""
    arguments = sys.argv[1:]
    if not arguments and has_display():
        sys.exit(open_window(default_workspace()))
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
        return _refused(str(error))
    except OSError as error:
        if debug:
            raise
        return _refused(
            ": ".join(filter(None, (error.filename and str(error.filename), error.strerror or str(error))))
        )
    except Exception as error:
        if debug:
            raise
        return _unexpected(error)


def _refused(text: str) -> int:
    """One line, also where several things are wrong."""
    print(f"error: {' '.join(text.split())}", file=sys.stderr)
    return 1


def _unexpected(error: Exception) -> int:
    """Wrong use, as the command-line library tells it, or a fault of ours."""
    import typer

    if isinstance(error, typer.Abort):
        return 130
    # Wrong use is an exception of click, of which newer versions of Typer have a copy of their own.
    show, code = getattr(error, "show", None), getattr(error, "exit_code", None)
    if callable(show) and isinstance(code, int):
        show()
        return code
    return _refused(f"{type(error).__name__}: {error} (all of it with --debug)")
