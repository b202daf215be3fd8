"""Python text: literals and lines as `ruff format` would leave them. Standard library only."""

import math
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence

from workbench.core.errors import CodeError

WIDTH = 88
INDENT = "    "
# An entry of a dictionary that is one call, such as `"loss": average(totals["loss"]),`.
_ENTRY = re.compile(r"(?P<start>(?P<pad> *)\"\w+\": [\w.]+\()(?P<inner>[^()]+)(?P<end>\)(\.\w+\(\))?,)$")
_STATEMENT = re.compile(r" *(?:[\w, ()]+ = |return |nn\.init\.)")
# One call with arguments and nothing around it; brackets inside the arguments do not matter.
_CALL = re.compile(
    r" *(?:[\w, ()]+ = |return |(?=nn\.init\.))[\w.]+\((?:[^()]|\((?:[^()]|\([^()]*\))*\))+\)$"
)


class Name(str):
    """A name of the program where a literal could stand."""


def literal(value: object) -> str:
    """A value as typed literal. Only plain values enter a program, so no document can bring code into it."""
    if isinstance(value, Name):
        return str(value)
    if isinstance(value, tuple):
        inner = ", ".join(literal(part) for part in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, str):
        quoted = repr(value)
        body = quoted[1:-1]
        return f'"{body}"' if quoted[0] == "'" and '"' not in body else quoted
    if isinstance(value, float) and not math.isfinite(value):
        raise CodeError(f"{value} is not a number that a program can hold.")
    if value is None or isinstance(value, bool | int | float):
        return repr(value)
    raise CodeError(f"A {type(value).__name__} cannot be written into a program.")


def arguments(values: Mapping[str, object]) -> list[str]:
    """Keyword arguments."""
    return [f"{name}={literal(value)}" for name, value in values.items()]


def call(prefix: str, parts: Iterable[str], suffix: str = ")", depth: int = 2) -> list[str]:
    """`prefix` + parts + `suffix`, broken over lines where it is too long, indented by `depth`."""
    parts = list(parts)
    pad = INDENT * depth
    line = f"{pad}{prefix}{', '.join(parts)}{suffix}"
    if len(line) <= WIDTH or not parts:
        return [line]
    inner = f"{pad}{INDENT}{', '.join(parts)}"
    if parts == ["self"]:
        inner += ","
    if len(inner) <= WIDTH and not suffix.startswith(("}", "]")):
        return [f"{pad}{prefix}", inner, f"{pad}{suffix}"]
    lines = [line for part in parts for line in _entry(f"{pad}{INDENT}{part},")]
    return [f"{pad}{prefix}", *lines, f"{pad}{suffix}"]


def chain(target: str, parts: Sequence[str], times: str, sequential: bool, depth: int) -> list[str]:
    """Assigns a list of modules that are called one after the other. `parts` are the calls that construct them; with
    `times` there is one, made so often.
    """
    pad, opening = INDENT * depth, f"{target} = nn.{'Sequential' if sequential else 'ModuleList'}("
    loop = f"for _ in range({times})"
    start, end = (
        (("*(", ")") if sequential else ("", "")) if times else (("", "") if sequential else ("[", "]"))
    )
    inner = f"{start}{f'{parts[0]} {loop}' if times else ', '.join(parts)}{end}"
    for lines in ([f"{pad}{opening}{inner})"], [f"{pad}{opening}", f"{pad}{INDENT}{inner}", f"{pad})"]):
        if max(map(len, lines)) <= WIDTH:
            return lines
    within = depth + 1 + bool(start)
    body = [line for part in parts for line in _broken(part, "" if times else ",", within)]
    if times:
        body.append(f"{INDENT * within}{loop}")
    if start:
        body = [f"{pad}{INDENT}{start}", *body, f"{pad}{INDENT}{end}"]
    return [f"{pad}{opening}", *body, f"{pad})"]


def _broken(construction: str, end: str, depth: int) -> list[str]:
    """A call on lines of its own."""
    name, _, rest = construction.partition("(")
    return call(f"{name}(", split(rest[:-1]), f"){end}", depth)


def _entry(line: str) -> list[str]:
    """One entry of a broken list, with its comma; where it is too long, broken at its sums or in its brackets."""
    found = _ENTRY.match(line)
    if len(line) <= WIDTH:
        return [line]
    if " + " in line:
        pad = line[: len(line) - len(line.lstrip())]
        return line.replace(" + ", f"\n{pad}+ ").split("\n")
    if found is None:
        return [line]
    return [f"{found['start']}", f"{found['pad']}{INDENT}{found['inner']}", f"{found['pad']}{found['end']}"]


def fit(line: str) -> list[str]:
    """A statement that is too long, broken inside its last brackets where the formatter would break it; what the
    formatter would take apart differently is marked to be left alone, and any other line stays as it is.
    """
    if len(line) <= WIDTH or not _STATEMENT.match(line):
        return [line]
    alone = [f"{line}  # fmt: skip"]
    if not _CALL.match(line):
        return alone
    text = line.lstrip()
    level, opening = 0, len(text)
    while opening:
        opening -= 1
        level += {")": 1, "]": 1, "}": 1, "(": -1, "[": -1, "{": -1}.get(text[opening], 0)
        if level == 0:
            break
    depth = (len(line) - len(text)) // len(INDENT)
    lines = call(text[: opening + 1], split(text[opening + 1 : -1]), text[-1], depth)
    return lines if max(map(len, lines)) <= WIDTH else alone


def split(text: str) -> list[str]:
    """Arguments at the top level of a list of arguments; texts in it hold no brackets or commas."""
    parts: list[str] = []
    level = 0
    for piece in text.split(", ") if text else []:
        if level:
            parts[-1] += f", {piece}"
        else:
            parts.append(piece)
        level += sum(piece.count(c) for c in "([{") - sum(piece.count(c) for c in ")]}")
    return parts


def indent(lines: Iterable[str], depth: int) -> list[str]:
    """The lines moved to the right; empty ones stay empty."""
    return [f"{INDENT * depth}{line}" if line else "" for line in lines]


def docstring(text: str, depth: int = 1) -> list[str]:
    """A docstring that cannot end early, whatever a person wrote into a name or description."""
    safe = text.replace("\\", "\\\\").replace('"""', "'''").replace("\0", "")
    width = WIDTH - len(INDENT) * depth - 6
    lines = [part for line in safe.strip().split("\n") for part in textwrap.wrap(line.strip(), width) or [""]]
    if lines[0].startswith('"'):
        lines[0] = f" {lines[0]}"
    if len(lines) == 1 and not lines[0].endswith('"'):
        return indent([f'"""{lines[0]}"""'], depth)
    return indent([f'"""{lines[0]}', *lines[1:], '"""'], depth)
