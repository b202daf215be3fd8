"""Requests one after the other: they are read by a thread, so that one that is at work can be stopped.

Imports torch's errors, the table of actions and the context.
"""

import json
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch

from workbench.core.errors import WorkbenchError
from workbench.engine.program import place_of
from workbench.engine.service.actions import action
from workbench.engine.service.asked import Stopped, plain
from workbench.engine.service.context import Context

_EVERY = 0.1
"""Seconds between two lines of progress; more of them are of no use to anybody."""

Say = Callable[[Mapping[str, Any]], None]


class Requests:
    """What was asked and is not answered yet, and what of it is not wanted any more."""

    def __init__(self, lines: Iterable[str] = ()) -> None:
        self._waiting: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._cancelled: set[object] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._read, args=(lines,), daemon=True, name="requests").start()

    def next(self) -> dict[str, Any] | None:
        """The next request; None when there will be no more."""
        return self._waiting.get()

    def cancelled(self, id: object) -> bool:
        with self._lock:
            return id in self._cancelled

    def _read(self, lines: Iterable[str]) -> None:
        for line in lines:
            try:
                found = json.loads(line)
            except ValueError:
                found = None
            if not isinstance(found, dict):
                self._waiting.put({"id": None, "do": ""})
            elif "cancel" in found:
                if isinstance(found["cancel"], int | str):
                    with self._lock:
                        self._cancelled.add(found["cancel"])
            else:
                self._waiting.put(found)
        self._waiting.put(None)


class Service:
    """Answers requests, whatever they come to."""

    def __init__(self, context: Context, requests: Requests, say: Say | None = None) -> None:
        self.context = context
        self.requests = requests
        self.say = say or _printed

    def serve(self) -> None:
        """Until there are no more requests, or nobody listens."""
        while (request := self.requests.next()) is not None:
            try:
                self.say({"id": request.get("id"), **self.answer(request)})
            except BrokenPipeError:
                return

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """{"result": …} or {"error": a sentence}."""
        self.context.listen(self._progress(request.get("id")))
        try:
            self.context.progress()
            return {"result": action(request.get("do"))(self.context, request)}
        except Stopped:
            return {"error": "Stopped."}
        except WorkbenchError as error:
            return {"error": str(error)}
        except (torch.OutOfMemoryError, MemoryError):
            self.context.forget()
            return {"error": f"There is not enough memory for it on {self.context.device}."}
        except BrokenPipeError:
            raise
        except Exception as error:  # whatever a model does: the next question can be answered all the same
            traceback.print_exc(file=sys.stderr)
            return {"error": _sentence(error)}

    def _progress(self, id: object) -> Callable[[int, int], None]:
        last = time.monotonic()

        def tell(done: int, of: int) -> None:
            nonlocal last
            if self.requests.cancelled(id):
                raise Stopped
            if of and (now := time.monotonic()) - last >= _EVERY:
                last = now
                self.say({"id": id, "done": done, "of": of})

        return tell


def _sentence(error: Exception) -> str:
    """What went wrong in a model; torch's own words often span many lines."""
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    what = f"{type(error).__name__}: {first}" if first else type(error).__name__
    place = place_of(error)
    return f"The model cannot do that{f' ({place})' if place else ''}: {what.rstrip('.')[:300]}."


def _printed(what: Mapping[str, Any]) -> None:
    print(json.dumps(plain(what), allow_nan=False), flush=True)
