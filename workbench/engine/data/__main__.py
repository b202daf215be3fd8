"""Describes the data at a path for processes that do not import torch.

`python -m workbench.engine.data PATH [--reader NAME] [--option NAME=VALUE]…` prints the record of the
dataset, and the problems noticed while reading it, as one JSON object.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from workbench.core.errors import DataError
from workbench.engine.data.detect import register


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0, or 1 with one line on stderr where the data cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m workbench.engine.data", description="Describe data.")
    parser.add_argument("path")
    parser.add_argument("--reader", default="")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE")
    wish = parser.parse_args(arguments)
    options: dict[str, object] = {}
    for option in wish.option:
        name, equals, value = option.partition("=")
        if not equals:
            parser.error(f'--option needs NAME=VALUE, not "{option}"')
        options[name] = value
    try:
        registered = register(wish.path, reader=wish.reader, options=options)
    except DataError as error:
        print(error, file=sys.stderr)
        return 1
    print(
        json.dumps({**asdict(registered.record), "problems": list(registered.problems)}, ensure_ascii=False)
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
