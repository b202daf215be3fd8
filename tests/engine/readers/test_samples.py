import re
import subprocess
import sys

import numpy as np
import pytest
import torch

from tests.readings import sample
from workbench.catalog.samples import CHARACTERS, SAMPLES
from workbench.core.errors import DataError
from workbench.engine.data import load_sample
from workbench.engine.readers import samples, show


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_what_its_schema_declares(name: str) -> None:
    data = sample(name)
    assert data.schema == SAMPLES[name]
    assert list(data.sizes) == ["train", "validation", "test"]
    window = int(SAMPLES[name].facts.get("window", 0))
    # Of a series the rows are counted, and each part lacks those that begin no whole window.
    between = 3 * (window + int(SAMPLES[name].facts["horizon"]) - 1) if window else 0
    assert sum(data.sizes.values()) == SAMPLES[name].items - between
    assert data.problems == ()
    batch = next(load_sample(name).batches("validation", 4, length=16))
    assert batch.keys() == data.schema.outputs.keys()
    for output, spec in data.schema.outputs.items():
        tensor = batch[output]
        assert tensor.dtype == (torch.float32 if spec.dtype == "float" else torch.int64)
        assert tensor.dim() == len(spec.shape)
        for size, declared in zip(tensor.shape, spec.shape, strict=True):
            assert isinstance(declared, str) or size == declared
        if spec.bound:
            assert int(tensor.max()) < spec.bound


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_the_same_every_time(name: str) -> None:
    first, second = load_sample(name), load_sample(name)
    assert first.fingerprint == second.fingerprint
    assert len(first.fingerprint) == 64
    assert all(torch.equal(first.tensors[key], second.tensors[key]) for key in first.tensors)


def test_an_unknown_sample_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        DataError, match=r'no dataset "mnist".*digits, iris, diabetes, reference-text, karate'
    ):
        sample("mnist")


def test_digits_are_those_of_scikit_learn() -> None:
    from sklearn.datasets import load_digits

    theirs = load_digits()
    data = sample("digits")
    rows = data.rows.numpy()
    assert np.array_equal(np.sort(rows), np.arange(1797))
    assert np.array_equal(data.tensors["image"][:, 0].numpy(), theirs.images[rows])
    assert np.array_equal(data.tensors["label"].numpy(), theirs.target[rows])
    image = next(load_sample("digits").batches("test", 359))["image"]
    assert (float(image.min()), float(image.max())) == (0.0, 1.0)
    for split, index in data.splits.items():
        shares = torch.bincount(data.tensors["label"][index]) / data.sizes[split]
        assert (shares - 0.1).abs().max() < 0.01


def test_iris_is_that_of_scikit_learn_standardised_with_the_training_rows() -> None:
    from sklearn.datasets import load_iris

    theirs = load_iris()
    data = sample("iris")
    assert data.schema.labels == tuple(theirs.target_names)
    raw = theirs.data[data.rows.numpy()]
    train = raw[:90]
    expected = (raw - train.mean(0)) / train.std(0)
    assert np.allclose(data.tensors["features"].numpy(), expected, atol=1e-4)
    assert torch.bincount(data.tensors["label"][:90]).tolist() == [30, 30, 30]


def test_diabetes_is_that_of_scikit_learn_and_its_target_can_be_restored() -> None:
    from sklearn.datasets import load_diabetes

    theirs = load_diabetes()
    data = sample("diabetes")
    rows = data.rows.numpy()
    features = data.tensors["features"]
    assert np.allclose(np.corrcoef(features.T.numpy()), np.corrcoef(theirs.data[rows].T), atol=1e-5)
    train = features[: data.sizes["train"]]
    assert torch.allclose(train.mean(0), torch.zeros(10), atol=1e-4)
    assert torch.allclose(train.std(0, correction=0), torch.ones(10), atol=1e-4)
    facts = data.schema.facts
    restored = data.tensors["target"][:, 0].numpy() * facts["target_std"] + facts["target_mean"]
    assert np.allclose(restored, theirs.target[rows], atol=1e-3)


def test_the_reference_text_is_readable() -> None:
    data = sample("reference-text")
    text = "".join(CHARACTERS[token] for token in data.tensors["tokens"].tolist())
    assert len(re.findall(r"\bstatement\b", text)) > 100
    assert text.count("?") / len(text) < 0.01


def test_the_karate_club_is_that_of_networkx() -> None:
    import networkx

    club = networkx.karate_club_graph()
    data = sample("karate")
    both = {(a, b) for a, b in club.edges} | {(b, a) for a, b in club.edges}
    assert {(int(a), int(b)) for a, b in data.tensors["edges"].T} == both
    assert data.tensors["edges"].shape == (2, 156)
    sides = [data.schema.labels[label] for label in data.tensors["label"].tolist()]
    assert sides == [club.nodes[node]["club"] for node in club]
    assert torch.bincount(data.tensors["label"][data.splits["train"]]).tolist() == [4, 4]


def test_reading_samples_does_not_import_slow_libraries() -> None:
    script = (
        "import sys; from workbench.engine.readers.samples import sample;"
        "[sample(n) for n in ('digits', 'iris', 'reference-text')];"
        "slow = {'torch', 'sklearn', 'torch_geometric', 'pandas', 'scipy', 'networkx', 'sqlalchemy'};"
        "print(sorted(slow & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_adding_problem_marks_one_number_in_each_half() -> None:
    data = sample("adding")
    x, target = data.tensors["x"], data.tensors["target"]
    assert torch.equal(x[:, :25, 1].sum(1), torch.ones(5000)) and torch.equal(
        x[:, :, 1].sum(1), torch.full((5000,), 2.0)
    )
    assert torch.allclose((x[:, :, 0] * x[:, :, 1]).sum(1, keepdim=True), target)
    assert float(((target - 1) ** 2).mean()) == pytest.approx(1 / 6, abs=0.005), "a constant answer"


@pytest.mark.parametrize("name", SAMPLES)
def test_the_items_of_a_sample_can_be_looked_at(name: str) -> None:
    items = show.first_items(samples.sample(name))
    assert items and all(part["kind"] for item in items for part in item["parts"])
    assert all(item["parts"] for item in items)


def test_the_copying_problem_asks_for_its_letters_after_the_wait() -> None:
    data = sample("copying")
    tokens, target = data.tensors["tokens"], data.tensors["target"]
    assert torch.equal(target[:, 16:], tokens[:, :4]) and bool((target[:, :16] == -100).all())
    assert bool((tokens[:, 4:16] == 8).all()) and bool((tokens[:, 16:] == 9).all())
    assert torch.bincount(target[:, 16:].flatten(), minlength=8).min() > 2400, "guessing gets an eighth"
    vocabulary = load_sample("copying").vocabularies["tokens"]
    assert vocabulary.decode(tokens[0].tolist()) == "ecdh" + 12 * "·" + "????"
