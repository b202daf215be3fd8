"""The command line: `main` is the program's entry point."""

from workbench.cli.entry import main

__all__ = ["main"]
