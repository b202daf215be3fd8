"""What the page of a dataset asks of the store thread."""

from contextlib import closing
from pathlib import Path

from workbench.gui.data.page_work import keep_names
from workbench.jobs.datasets import add_dataset
from workbench.store.store import Store


def test_names_follow_their_classes_when_others_come(tmp_path: Path) -> None:
    file = tmp_path / "pets.csv"
    file.write_text("x,label\n" + "\n".join(f"{i},{'bc'[i % 2]}" for i in range(20)))
    with closing(Store(tmp_path / "one.db")) as store:
        add_dataset(store, file)
        store.name_classes("pets", ["bird", "cat"])
        before = store.dataset("pets")
        file.write_text("x,label\n" + "\n".join(f"{i},{'ab'[i % 2]}" for i in range(20)))
        keep_names(store, before, add_dataset(store, file))
        assert store.dataset("pets").schema["labels"] == ["a", "bird"]
