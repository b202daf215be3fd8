"""The sample workspace at the top level: whole, small, honest, and nothing in it leads to a file that is not there."""

import subprocess
from collections.abc import Iterator

import pytest

from tools.samples import LARGEST, RUNS, TARGET
from workbench.catalog.check import analyse
from workbench.catalog.samples import SAMPLES
from workbench.core.files import loads
from workbench.store.store import Store


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The workspace as it was committed; the file itself may hold a person's own runs by now."""
    command = ["git", "show", f"HEAD:{TARGET.name}"]
    done = subprocess.run(command, cwd=TARGET.parent, capture_output=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout with a sample workspace")
    path = tmp_path_factory.mktemp("samples") / TARGET.name
    path.write_bytes(done.stdout)
    assert len(done.stdout) <= LARGEST
    store = Store(path)
    yield store
    store.close()


def test_it_has_a_completed_run_of_every_family(samples: Store) -> None:
    assert samples.check() == []
    runs = samples.runs()
    assert sorted(run.model for run in runs) == sorted(template for template, _ in RUNS)
    assert {run.state for run in runs} == {"completed"}
    summaries = samples.summaries([run.id for run in runs])
    assert all(any(name.startswith("test/") for name in found) for found in summaries.values())
    lenet = [
        found["test/accuracy"].last
        for run, found in zip(runs, summaries.values(), strict=True)
        if run.model == "lenet5"
    ]
    assert max(lenet) >= 0.96


def test_it_shows_what_was_learned(samples: Store) -> None:
    kinds = {run.model: {found.kind for found in samples.media(run.id)} for run in samples.runs()}
    assert kinds["vae"] == kinds["gan"] == {"image"} and kinds["char-gpt"] == {"text"}
    assert kinds["lenet5"] == kinds["gcn"] == {"matrix"}


def test_nothing_in_it_leads_to_a_file(samples: Store) -> None:
    assert [found for run in samples.runs() for found in samples.checkpoints(run.id)] == []
    assert samples.datasets() == []


def test_its_drawings_open_and_could_train_again(samples: Store) -> None:
    drawings = [samples.document_text(run.id) for run in samples.runs()]
    drawings += [samples.model_text(model.id) for model in samples.models()]
    for drawing in drawings:
        assert analyse(loads(drawing), SAMPLES).ok
