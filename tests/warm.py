"""The readers' process, kept warm: what takes it longest are its imports, and a fork of one that has them takes none.

`python tests/warm.py NAME` imports them and forks for each `python -I -S tests/warm.py guest NAME` that calls.
A fork has the guest's input and outputs, folder and environment, and each of the two ends with the other, in its way.
"""

import json
import os
import signal
import socket
import sys
import threading
from typing import NoReturn


def _address(name: str) -> str:
    return f"\0{name}"  # on Linux nothing in the file system, where the path may be too long


def host(name: str) -> int:
    """Until its own input ends."""
    import selectors

    import workbench.engine.readers.__main__  # noqa: F401 - what the forks find imported
    from workbench.core.left_out import leave_out

    leave_out("pandas")
    with socket.socket(socket.AF_UNIX) as door, selectors.DefaultSelector() as heard:
        door.bind(_address(name))
        door.listen()
        heard.register(door, selectors.EVENT_READ)
        heard.register(sys.stdin, selectors.EVENT_READ)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how they ended
        print("warm", flush=True)
        while all(key.fileobj is door for key, _ in heard.select()):
            line, _ = door.accept()
            if not os.fork():
                _answer(line)
            line.close()
    return 0


def _answer(line: socket.socket) -> NoReturn:
    """What looks after one fork: it is ended when the guest is, and the guest is told how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _, files, _, _ = socket.recv_fds(line, 1, 3)
    with line.makefile(encoding="utf-8") as told:
        folder, variables = json.loads(told.readline())
    if not (worker := os.fork()):
        for place, file in enumerate(files):
            os.dup2(file, place)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(variables)
        _work()
    for file in files:
        os.close(file)

    def end_with_the_guest() -> None:
        line.recv(1)
        os.kill(worker, signal.SIGKILL)

    threading.Thread(target=end_with_the_guest, daemon=True).start()
    _, status = os.waitpid(worker, 0)
    line.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _work() -> NoReturn:
    """What the readers' process does once it has imported all."""
    import traceback

    from workbench.engine.readers.__main__ import main

    code = 1
    try:
        code = main()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def guest(name: str) -> int:
    """Stands for the fork in the eyes of whoever started it."""
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(_address(name))
        socket.send_fds(line, [b"?"], [0, 1, 2])
        line.sendall((json.dumps([os.getcwd(), dict(os.environ)]) + "\n").encode())
        code = int(line.recv(100) or -signal.SIGKILL)
    if code < 0:
        os.kill(os.getpid(), -code)
    return code


if __name__ == "__main__":
    sys.exit(guest(sys.argv[2]) if sys.argv[1] == "guest" else host(sys.argv[1]))
