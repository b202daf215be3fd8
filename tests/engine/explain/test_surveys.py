"""Maps of examples and of the loss, beside NumPy and the evaluation of training."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tests.engine.conftest import IRIS
from tests.engine.explain.made import Made, asked, drawing
from workbench.core.errors import DataError, JobError
from workbench.engine.explain import embedding, landscape
from workbench.engine.explain.actions import able
from workbench.engine.program import method
from workbench.engine.service.asked import Stopped


@pytest.fixture(scope="module")
def iris(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    yield from drawing(tmp_path_factory, IRIS)


def test_principal_components_are_those_of_numpy() -> None:
    vectors = torch.randn(40, 6, generator=torch.Generator().manual_seed(1)) * torch.tensor(
        [5.0, 3, 1, 1, 1, 0.1]
    )
    points, share = embedding.principal(vectors, 2)
    centred = vectors.double().numpy() - vectors.double().numpy().mean(0)
    sizes, directions = np.linalg.eigh(np.cov(centred.T))
    wanted = centred @ directions[:, ::-1][:, :2]
    assert np.allclose(np.abs(points.numpy()), np.abs(wanted), atol=1e-8)
    assert share == pytest.approx(sizes[::-1][:2].sum() / sizes.sum())
    flat, whole = embedding.principal(torch.ones(5, 3), 2)
    assert flat.tolist() == [[0.0, 0.0]] * 5 and whole == 1.0


def test_neighbours_stay_neighbours_and_nobody_waits_in_vain() -> None:
    generator = torch.Generator().manual_seed(0)
    groups = torch.cat([torch.randn(12, 4, generator=generator) + 30 * place for place in range(2)])
    points = embedding.neighbours(groups, 5.0, 0, lambda: None)
    away = torch.cdist(points, points)
    away.fill_diagonal_(torch.inf)
    nearest = away.argmin(1)
    assert bool((nearest[:12] < 12).all()) and bool((nearest[12:] >= 12).all())
    assert embedding.neighbours(torch.ones(5, 3), 5.0, 0, lambda: None).tolist() == [[0.0, 0.0]] * 5

    def stop() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        embedding.neighbours(groups, 5.0, 0, stop)


def test_points_of_a_layer_with_what_is_right_and_what_is_said(iris: Made) -> None:
    before = iris.state()
    found = embedding.embedding(iris, asked("embedding", split="validation", layer="fc1", count=20))
    count = len(found["points"])
    assert (
        count == 20 == len(set(found["indices"]))
        and found["left_out"] == iris.data(1).count("validation") - 20
    )
    program: Any = iris.model(1).program
    batch = iris.batch(1, "validation", found["indices"])
    with torch.no_grad():
        vectors = program.fc1(batch["data.features"])
        guess = program(batch["data.features"]).argmax(1)
    wanted, _ = embedding.principal(vectors, 2)
    assert torch.allclose(torch.tensor(found["points"]).double(), wanted, atol=1e-4)
    assert found["targets"] == batch["data.label"].tolist() and found["predicted"] == guess.tolist()
    assert found["classes"] == ["setosa", "versicolor", "virginica"] and "%" in found["said"]
    assert all(torch.equal(each, before[name]) for name, each in iris.state().items())
    with pytest.raises(JobError, match="no layer"):
        embedding.embedding(iris, asked("embedding", layer="nowhere"))
    with pytest.raises(DataError, match="no other part"):
        embedding.embedding(iris, asked("embedding", layer="fc1", split="other"))


def test_the_middle_of_the_surface_is_the_loss_of_the_model(iris: Made) -> None:
    before = iris.state()
    found = landscape.loss_surface(iris, asked("loss_surface", size=5, count=1000))
    program = iris.model(1).program
    totals: dict[str, torch.Tensor] = {}
    for _, batch in iris.data(1).batches("validation"):
        for name, value in method(program, "evaluate")(dict(batch)).items():
            totals[name] = totals[name] + value if name in totals else value
    summary: Any = method(program, "summarise")
    assert found["centre"] == pytest.approx(summary(totals)["loss"], abs=1e-6)
    assert found["axis"] == [-1.0, -0.5, 0.0, 0.5, 1.0]
    assert found["loss"][2][2] == pytest.approx(found["centre"], rel=1e-4)
    assert found["examples"] == iris.data(1).count("validation") and found["name"] == "loss"
    assert (24, 25) in iris.told
    assert all(torch.equal(each, before[name]) for name, each in iris.state().items())
    assert landscape.loss_surface(iris, asked("loss_surface", size=5, count=1000)) == found


def test_directions_have_filters_as_long_as_those_of_the_model() -> None:
    torch.manual_seed(0)
    net: Any = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    moved: list[dict[str, torch.Tensor]] = []

    def loss(program: nn.Module) -> float:
        moved.append({name: each.detach().clone() for name, each in program.named_parameters()})
        return float("nan") if len(moved) == 1 else 1.0

    found = landscape.around(net, loss, torch.tensor([0.0, 1.0]), 0, lambda done, of: None)
    assert bool(found[0, 0].isnan()) and found[1, 1] == 1
    assert torch.equal(moved[0]["0.weight"], net[0].weight)
    for place in (1, 2):
        step = moved[place]["0.weight"] - net[0].weight.detach()
        assert torch.allclose(step.norm(dim=1), net[0].weight.detach().norm(dim=1), rtol=1e-4)
        assert torch.equal(moved[place]["0.bias"], net[0].bias) and torch.equal(
            moved[place]["1.weight"], net[1].weight
        )


def test_what_works_for_a_model_is_known_beforehand(iris: Made) -> None:
    opened = iris.opened(1)
    can = able(opened, opened.answers[0], data=True)
    assert {"distributions", "filters", "feature_maps", "embedding", "loss_surface", "shap", "lime"} <= set(
        can
    )
    assert not {"grad_cam", "attention", "activation_maximisation"} & set(can)
    assert able(opened, opened.answers[0], data=False) == ["distributions", "filters"]
