"""Numbers, durations and names as people read them: what the window shows of them, by the window's own name."""

from workbench.core.text import (
    NONE,
    ago,
    clock,
    count,
    duration,
    moment,
    number,
    one_line,
    plural,
    size,
    value,
    whole,
)

__all__ = [
    "NONE",
    "ago",
    "clock",
    "count",
    "duration",
    "moment",
    "number",
    "one_line",
    "plural",
    "size",
    "value",
    "whole",
]
