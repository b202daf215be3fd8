"""Two programs laid along one another."""

from workbench.gui.compare.lines import Line, lay, patch

ONE = "\n".join(f"line {number}" for number in range(40))
OTHER = ONE.replace("line 5\n", "").replace("line 20\n", "line 20, longer\nand one more\n")


def test_what_differs_is_shown_with_some_lines_around_it() -> None:
    found = lay(ONE, OTHER)
    assert found.told == "2 lines added, 2 removed."
    assert [line.text for line in found.shown if line.sign == "-"] == ["line 5", "line 20"]
    assert [line.text for line in found.shown if line.sign == "+"] == ["line 20, longer", "and one more"]
    assert [line.text for line in found.shown if line.sign == "…"] == [
        "2 lines alike", "8 lines alike", "16 lines alike",
    ]  # fmt: skip
    assert [found.shown[start] for start in found.starts] == [Line("-", "line 5"), Line("-", "line 20")]
    alike = sum(int(line.text.split()[0]) for line in found.shown if line.sign == "…")
    assert alike + sum(line.sign in " -" for line in found.shown) == 40


def test_programs_that_are_the_same_say_so() -> None:
    for program in ("", ONE):
        assert lay(program, program).shown == () and "same" in lay(program, program).told


def test_all_may_differ() -> None:
    found = lay("a\nb", "c")
    assert [line.sign for line in found.shown] == ["-", "-", "+"] and found.starts == (0,)


def test_a_patch_is_what_other_programs_read() -> None:
    assert (
        patch("a\nb\n", "a\nc\n", ("one.py", "two.py"))
        == "--- one.py\n+++ two.py\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n"
    )


def test_each_line_knows_whether_it_begins_inside_a_long_text() -> None:
    before = 'x = 1\n"""one\ntwo\nthree"""\ny = 2\n'
    found = lay(before, before.replace("one", "ONE"))
    assert [(line.sign, line.inside) for line in found.shown] == [
        (" ", False), ("-", False), ("+", False), (" ", True), (" ", True), (" ", False),
    ]  # fmt: skip
