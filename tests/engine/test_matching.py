"""Which weights of a file go into which of a program: by name, never by shape alone."""

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


def test_a_thousand_names_are_matched_in_time() -> None:
    many = {f"encoder.layer.{n}.part{p}.fc.weight": A for n in range(50) for p in range(20)}
    assert len(matched({f"backbone.{name}": A for name in many}, many).taken) == 1000
