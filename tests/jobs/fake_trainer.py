"""Stands in for the trainer: python fake_trainer.py DATABASE RUN. The run's name says what it does.

Writes what the store would write, without importing SQLAlchemy, so that it begins at once.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from workbench.store import sqlite


class Run:
    def __init__(self, database: str, number: str) -> None:
        self.connection = sqlite.connect(Path(database))
        self.number = int(number)

    def get(self, column: str) -> Any:
        return self.connection.execute(f"SELECT {column} FROM runs WHERE id = ?", (self.number,)).fetchone()[
            0
        ]

    def set(self, column: str, value: object) -> None:
        self.connection.execute(f"UPDATE runs SET {column} = ? WHERE id = ?", (value, self.number))

    def log(self, text: str) -> None:
        self.connection.execute("INSERT INTO log_lines (run, text) VALUES (?, ?)", (self.number, text))

    def wait_for_stop(self) -> None:
        while self.get("request") != "stop":
            self.set("heartbeat", time.time())
            time.sleep(0.05)
        self.set("state", "stopped")


def main(database: str, number: str) -> None:
    run = Run(database, number)
    behaviour, _, argument = run.get("name").partition(" ")
    run.set("state", "running")
    run.log(f"begins {time.monotonic()}")
    if behaviour == "completes":
        time.sleep(float(argument or 0))
        run.log(f"ends {time.monotonic()}")
        run.set("state", "completed")
    elif behaviour == "exits":
        print("Traceback …\nRuntimeError: no memory left on the shelf", file=sys.stderr)
        sys.exit(int(argument))
    elif behaviour == "vanishes":
        os._exit(0)
    elif behaviour == "dies":
        os.kill(os.getpid(), getattr(signal, argument))
    elif behaviour == "pauses":
        run.set("state", "paused")
        run.wait_for_stop()
    elif behaviour == "obeys":
        run.wait_for_stop()
    elif behaviour == "deaf":  # no heartbeat, and not even SIGTERM is heard
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(60)
    elif behaviour == "breeds":
        child = subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True
        )
        run.set("message", str(child.pid))
        os._exit(1)
    else:
        raise ValueError(behaviour)


if __name__ == "__main__":
    main(*sys.argv[1:])
