"""Which block stands in which, also where they stand in each other and where thousands do."""

from tests.drawing import block
from workbench.core.document import Block, Graph, Node
from workbench.core.nesting import below, circles, inner_first


def of(*names: str) -> Block:
    """A block with instances of these."""
    return Block(
        graph=Graph({f"n{index}": Node(f"n{index}", block=name) for index, name in enumerate(names)})
    )


def test_inner_ones_come_first() -> None:
    blocks = {
        "A": of("B", "C", "B"),
        "B": of("C", "Unknown"),
        "C": of(),
        "Alone": block("x Input\ny Output < x"),
    }
    order, endless = inner_first(blocks)
    assert order.index("C") < order.index("B") < order.index("A")
    assert set(order) == set(blocks) and endless == [] == circles(blocks)
    assert below(blocks["A"].graph, blocks) == {"B", "C"}


def test_a_block_in_itself_and_blocks_in_each_other_are_told_once() -> None:
    blocks = {
        "Self": of("Self"),
        "A": of("Leaf", "B"),
        "B": of("C"),
        "C": of("A"),
        "User": of("A"),
        "Leaf": of(),
    }
    order, endless = inner_first(blocks)
    assert order == ["Leaf"] and endless == ["Self", "A", "B", "C", "User"]
    assert circles(blocks) == [["Self", "Self"], ["A", "B", "C", "A"]]
    assert below(of("User").graph, blocks) == {"User", "A", "B", "C", "Leaf"}


def test_ten_thousand_levels_are_no_matter() -> None:
    count = 10_000
    blocks = {f"B{level}": of(f"B{level + 1}") for level in range(count)}
    blocks[f"B{count}"] = of()
    order, endless = inner_first(blocks)
    assert (order[0], order[-1], endless) == (f"B{count}", "B0", [])
    blocks[f"B{count}"] = of("B0")
    (circle,) = circles(dict(list(blocks.items())[-1000:]) | {f"B{count}": of(f"B{count - 500}")})
    assert len(circle) == 502
    assert len(below(blocks["B0"].graph, blocks)) == count + 1
