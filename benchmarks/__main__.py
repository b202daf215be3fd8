"""Runs every benchmark of this folder, each in a process of its own, and prints its figures beside the budgets.

A benchmark is a script `NAME.py` that takes `--json` and then prints one object per figure and line:
{"name", "value", "unit", "budget", "peer", "peer_value", "ok"}; budget, peer and peer_value may be null.
`python -m benchmarks [--json] [NAME ...]`. May import the standard library and rich only.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks._figures import console, row, table

HERE = Path(__file__).resolve().parent


def names() -> list[str]:
    """The benchmarks of this folder."""
    return sorted(path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_"))


def figures(name: str) -> Iterator[dict[str, object]]:
    """Runs one benchmark and yields its figures. Raises CalledProcessError when it breaks off."""
    command = [sys.executable, "-m", f"benchmarks.{name}", "--json"]
    with subprocess.Popen(command, cwd=HERE.parent, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            if line.startswith("{"):
                yield json.loads(line)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)


def main() -> int:
    """Runs what is asked for; 1 when a benchmark fails or misses its budget."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Figures beside their budgets.")
    parser.add_argument("--json", action="store_true", help="one JSON object per figure and line")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(names())}; all without")
    asked = parser.parse_args()
    if unknown := sorted(set(asked.names) - set(names())):
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(names())}")
    rows = table()
    failed = False
    for name in asked.names or names():
        try:
            for figure in figures(name):
                failed = failed or not figure["ok"]
                rows.add_row(*row(figure))
                if asked.json:
                    print(json.dumps(figure), flush=True)
        except subprocess.CalledProcessError as error:
            failed = True
            print(f"The benchmark {name} failed with exit code {error.returncode}.", file=sys.stderr)
    if not asked.json:
        console().print(rows)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
