"""Names in a document: of nodes, blocks, variables and updates. They become names in the program. Core only."""

import keyword
import re

from workbench.core.document import Graph
from workbench.core.errors import EditError
from workbench.core.expressions import FUNCTIONS
from workbench.core.values import shown

# Ids become attribute names in the program, so they must be plain identifiers and must not collide with torch's.
_ID = re.compile(r"[a-z][a-z0-9_]{0,63}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_METHODS = ("update_", "probe_", "optimizer_", "schedule_", "register_", "get_", "set_", "named_", "load_")
RESERVED = frozenset(
    "and as assert async await break class continue def del elif else except finally for from global if import in is "
    "lambda nonlocal not or pass raise return try while with yield match case type training "
    "self batch forward train eval parameters modules children buffers apply cuda cpu to half float double type "
    "evaluate summarise zero_grad state_dict torch nn math gnn functional tensor i n like totals steps epoch_steps "
    "optimizer schedule frozen weighted average layer add_module bfloat16 compile call_super_init dump_patches "
    "extra_repr "
    "ipu mtia requires_grad_ share_memory to_empty xpu program "
    "false true none print super len range list dict tuple set int str bool sum min max zip map abs enumerate".split()
)


LONGEST = 64


def check_id(id: str) -> None:
    """Raises EditError unless `id` can name a node."""
    _check_length(id)
    if not _ID.fullmatch(id) or id in RESERVED or id.startswith(_METHODS):
        raise EditError(
            f"“{shown(id)}” cannot name a node. Use lower-case letters, digits and _, starting with a letter, "
            "and no word that Python, torch or the program uses."
        )


def check_update(name: str) -> None:
    """Raises EditError unless `name` can name an update."""
    _check_length(name)
    if not _ID.fullmatch(name):
        raise EditError(f"“{shown(name)}” cannot name an update; use lower-case letters, digits and _.")


def check_name(name: str) -> None:
    """Raises EditError unless `name` can name a block or variable."""
    _check_length(name)
    if not _NAME.fullmatch(name):
        raise EditError(
            f"“{shown(name)}” cannot be a name here. Use letters, digits and _, starting with a letter."
        )
    if name in RESERVED or keyword.iskeyword(name):
        raise EditError(f"“{name}” is a word that Python, torch or the program uses. Choose another name.")


def check_variable(name: str) -> None:
    """Raises EditError unless `name` can name a new variable of a model, or a new parameter of a block."""
    check_name(name)
    if name in FUNCTIONS:
        raise EditError(
            f"“{name}” cannot name a variable, since it is a function of expressions, as in "
            f"{name}(…). Choose another name, such as {name}_1."
        )


def _check_length(name: str) -> None:
    if len(name) > LONGEST:
        raise EditError(
            f"“{shown(name)[:24]}…” has {len(name):,} characters; a name here has {LONGEST} at most."
        )


def _free(id: str) -> bool:
    try:
        check_id(id)
    except EditError:
        return False
    return True


def unique_id(graph: Graph, stem: str) -> str:
    """A free node id made from a word: "Conv2d" gives conv2d, then conv2d_2, conv2d_3 …"""
    word = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", "_", stem).lower()).strip("_")[:48]
    base = word if _free(word) else f"{word or 'node'}_node"
    base = base if _free(base) else "node_1"
    number, id = 1, base
    while id in graph.nodes:
        number += 1
        id = f"{base}_{number}"
    return id
