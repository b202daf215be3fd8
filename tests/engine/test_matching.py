"""Which weights of a file go into which of a program: by name, never by shape alone."""

import time

from workbench.engine.matching import Match, Shapes, match

A, B = (4, 3), (5,)


def matched(program: Shapes, file: Shapes) -> Match:
    return match(program, file)


def test_full_names_come_first_and_everything_is_accounted_for() -> None:
    found = matched(
        {"body.fc.weight": A, "head.weight": A, "head.bias": B, "new.weight": A},
        {"body.fc.weight": A, "head.weight": B, "head.bias": B, "old.scale": A},
    )
    assert found.taken == {"body.fc.weight": "body.fc.weight", "head.bias": "head.bias"}
    assert found.other_shape == {"head.weight": "head.weight"}
    assert (found.missing, found.unused, found.moved) == (["new.weight"], ["old.scale"], [])


def layers(place: str, count: int = 3) -> dict[str, tuple[int, ...]]:
    names = [f"encoder.layer.{number}.{part}" for number in range(count) for part in ("fc.weight", "fc.bias")]
    return {f"{place}{name}": A if name.endswith("weight") else B for name in names}


def test_a_part_that_stands_deeper_is_found_by_what_follows() -> None:
    found = matched({**layers("backbone."), "head.weight": A}, layers(""))
    assert found.taken == {f"backbone.{name}": name for name in layers("")}
    assert (found.moved, found.missing, found.unused) == ([("backbone", "")], ["head.weight"], [])
    found = matched(layers("backbone.", 2), {**layers("module.bert."), "module.pooler.weight": A})
    assert found.taken == {f"backbone.{name}": f"module.bert.{name}" for name in layers("", 2)}
    assert found.unused == [f"module.bert.encoder.layer.2.fc.{part}" for part in ("weight", "bias")] + [
        "module.pooler.weight"
    ]


def test_two_parts_that_moved_to_two_places_are_both_found() -> None:
    program = {**layers("left."), "right.decoder.out.weight": A}
    found = matched(program, {**layers("old."), "decoder.out.weight": A})
    assert len(found.taken) == len(program) and found.moved == [("left", "old"), ("right", "")]


def test_what_could_be_either_is_left_alone() -> None:
    program = {"block1.conv.weight": A, "block2.conv.weight": B}
    found = matched(program, {"layer1.conv.weight": A, "layer2.conv.weight": B})
    assert not found.taken, "shapes alone do not decide"
    assert found.missing == list(program) and len(found.unused) == 2
    assert not matched({"one.weight": A}, {"other.weight": A}).taken, (
        "the name of a weight alone says nothing"
    )


def test_a_moved_part_of_another_width_is_told_weight_by_weight() -> None:
    program = {f"wide.{name}": (9, 9) if name.endswith("weight") else B for name in layers("")}
    found = matched(program, layers(""))
    assert len(found.other_shape) == 3 and len(found.taken) == 3 and not found.missing
    nothing = matched({f"wide.{name}": (9, 9) for name in layers("")}, layers(""))
    assert not nothing.taken and not nothing.moved


def test_many_names_that_end_alike_are_matched_in_time() -> None:
    """Ten thousand: were every place compared with every other, it would take minutes."""
    many = {f"encoder.layer.{n}.part{p}.fc.weight": A for n in range(500) for p in range(20)}
    start = time.process_time()
    assert len(matched({f"backbone.{name}": A for name in many}, many).taken) == 10_000
    assert time.process_time() - start < 10


def test_equal_blocks_are_told_apart_by_what_holds_them() -> None:
    """The outermost pair is taken; below it everything is equal, and each finds its own."""
    block = {"conv.weight": A, "norm.weight": B, "norm.bias": B}
    program = {
        f"net.stage{s}.{b}.{end}": size for s in range(2) for b in range(3) for end, size in block.items()
    }
    file = {name.replace("net.", "module.body."): size for name, size in program.items()}
    found = matched(program, file)
    assert found.moved == [("net", "module.body")]
    assert all(other == name.replace("net.", "module.body.") for name, other in found.taken.items())
    only = matched(dict.fromkeys(program, B), file)
    assert {name.rsplit(".", 2)[1] for name in only.taken} == {"norm"}
    assert {name.rsplit(".", 2)[1] for name in only.other_shape} == {"conv"}
