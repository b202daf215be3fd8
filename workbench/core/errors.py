"""Every way in which Workbench says no. The message is a sentence for people: what, where, what to do."""

from collections.abc import Mapping

Setting = int | float | str | tuple[float, ...]


class WorkbenchError(Exception):
    """Base of all expected failures; shown to the person without a traceback."""


class DocumentError(WorkbenchError):
    """A model file or document that cannot be understood."""


class EditError(WorkbenchError):
    """An edit that does not fit the document."""


class ExpressionError(WorkbenchError):
    """A field's arithmetic that cannot be evaluated."""


class FilterError(WorkbenchError):
    """A filter that cannot be understood; the trouble stands in its text from `at` to `end`."""

    def __init__(self, message: str, at: int, end: int) -> None:
        super().__init__(message)
        self.at = at
        self.end = end


class FieldError(WorkbenchError):
    """A field whose value does not fit; `field` names it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class ShapeError(WorkbenchError):
    """Inputs that a node cannot take; `port` names the input, "" the node as a whole.

    `insert` names a node type that would help when put in front of the port, `fields` are the settings of that
    node; `change` is a field of the node itself and a value that would help; `outputs` is how many outputs the layer
    in front of the port should have, and `fact` the name under which the data knows that number.
    """

    def __init__(
        self,
        message: str,
        port: str = "",
        *,
        insert: str = "",
        fields: Mapping[str, Setting] | None = None,
        change: tuple[str, Setting] | None = None,
        outputs: int = 0,
        fact: str = "",
    ) -> None:
        super().__init__(f"{message} (= {fact})" if fact else message)
        self.port = port
        self.insert = insert
        self.fields: Mapping[str, Setting] = fields or {}
        self.change = change
        self.outputs = outputs
        self.fact = fact


class CodeError(WorkbenchError):
    """A document that cannot be compiled to a program."""


class DataError(WorkbenchError):
    """A dataset that cannot be read. Whatever the files hold that it quotes, the message is one line."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.splitlines()))


class StoreError(WorkbenchError):
    """A workspace that cannot be opened or written."""


class StoreLockedError(StoreError):
    """A workspace that another program keeps to itself for now."""


class ReadOnlyError(StoreError):
    """A workspace that was opened to look at it only; nothing was changed."""


class RevisionError(StoreError):
    """A model that somebody else has changed since it was read; nothing was written."""


class JobError(WorkbenchError):
    """A run that cannot be queued, started or controlled."""
