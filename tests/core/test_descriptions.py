"""A model's description: set, refused, and read from a file's text alone."""

import pytest

from workbench.core.descriptions import SetDescription, description_in
from workbench.core.document import Document
from workbench.core.errors import EditError
from workbench.core.files import dumps


def test_a_description_is_set_read_and_refused() -> None:
    after = SetDescription("  For digits.\nSmall. ").apply(Document())
    assert after.description == "For digits.\nSmall."
    assert description_in(dumps(after)) == after.description
    assert [description_in(text) for text in ("{", "[1]", '{"description": 3}', "[" * 10**5)] == [""] * 4
    for text in ("x" * 100_001, "bell \x07"):
        with pytest.raises(EditError, match="The description: the text h"):
            SetDescription(text).apply(Document())
