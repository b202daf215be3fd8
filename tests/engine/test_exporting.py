"""Models and runs as files that other programs read: what is in them is what was trained."""

import importlib.util
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from tests.drawing import block, draw
from tests.engine.conftest import IRIS, Trained, iris
from workbench.catalog.schema import Schema
from workbench.catalog.templates import load
from workbench.core.assign import assign
from workbench.core.document import Document
from workbench.core.errors import CodeError, JobError, StoreError
from workbench.core.files import dumps
from workbench.engine import onnx_files, tracing
from workbench.engine import trained as trained_models
from workbench.engine.exporting import Written, export_model, main
from workbench.jobs.datasets import add_dataset
from workbench.jobs.exports import Request
from workbench.store.store import Store

WITH_OUTPUT = f"{IRIS}\nspecies Output < fc2"
PADDED = """
    data Dataset dataset=opinions
    words Embedding embedding_dim=4 num_embeddings='= vocabulary' < data.tokens
    reader LSTM hidden_size=5 bidirectional=true < words length:data.length
    fc Linear out_features='= classes' < reader.last
    loss CrossEntropyLoss < fc data.label
"""


@pytest.fixture(scope="module", autouse=True)
def _operators_once() -> Iterator[None]:
    """The converter reads the source of its 500 operators again for each file, which takes most of its time."""
    from torch.onnx._internal.exporter._registration import ONNXRegistry

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ONNXRegistry, "from_torchlib", staticmethod(cache(ONNXRegistry.from_torchlib)))
        yield


def exported(store: Store, to: str, place: Path, **more: Any) -> Written:
    return export_model(store, Request(to, str(place), **more), lambda _: None)


def onnx_results(file: Path, **inputs: torch.Tensor) -> list[np.ndarray]:
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    assert {each.name for each in session.get_inputs()} == set(inputs)
    found: list[np.ndarray] = session.run(None, {name: each.numpy() for name, each in inputs.items()})
    return found


def test_a_run_as_onnx_computes_what_its_best_weights_do(trained: Trained, tmp_path: Path) -> None:
    run = trained.run(draw(WITH_OUTPUT, name="iris", epochs=3, batch_size=16))
    file = tmp_path / "flowers ü.onnx"
    written = exported(trained.store, "onnx", file, run=run.id)
    assert written.files == (file,) and "data_features → species" in written.said
    assert f"best weights of run {run.id} (iris)" in written.said
    weights = trained.last(run, "best").weights
    for count in (1, 7):
        x = torch.randn(count, 4, generator=torch.Generator().manual_seed(count))
        hidden = torch.relu(x @ weights["fc1.weight"].T + weights["fc1.bias"])  # Dropout is off
        wanted = hidden @ weights["fc2.weight"].T + weights["fc2.bias"]
        (found,) = onnx_results(file, data_features=x)
        assert torch.allclose(torch.from_numpy(found), wanted, atol=1e-5)
    onnx = pytest.importorskip("onnx")
    graph = onnx.load(file).graph
    assert [each.name for each in graph.output] == ["species"]
    assert graph.input[0].type.tensor_type.shape.dim[0].dim_param == "N"
    assert "fc1.weight" in {each.name for each in graph.initializer}
    assert not [each for each in tmp_path.iterdir() if each.name.startswith(".")]


def test_without_outputs_in_the_drawing_what_enters_the_losses_is_exported(
    store: Store, tmp_path: Path
) -> None:
    """Noise comes in from outside, and what only makes the data ready is no result."""
    generator = block(
        "z Input\nfc Linear out_features=64 < z\nimage Reshape shape=[1,8,8] < fc\ny Output < image"
    )
    document = draw(
        """
        digits Dataset
        noise Noise size=6
        generator @Generator < noise
        loss MSELoss < generator digits.image
        """,
        blocks={"Generator": generator},
    )
    file = tmp_path / "made.onnx"
    said = exported(store, "onnx", file, document=dumps(document)).said
    assert "noise_z → generator" in said and "not trained" in said
    (found,) = onnx_results(file, noise_z=torch.zeros(4, 6))
    assert found.shape == (4, 1, 8, 8)


def torch_results(file: Path, *inputs: torch.Tensor) -> torch.Tensor:
    (found,) = torch.export.load(file).module()(*inputs)
    assert isinstance(found, torch.Tensor)
    return found


def test_any_layer_can_be_the_output(store: Store, tmp_path: Path) -> None:
    for output in ("fc1", "relu.y"):
        exported(store, "torch", tmp_path / "a.pt2", document=dumps(iris()), output=output)
        found = torch_results(tmp_path / "a.pt2", torch.ones(3, 4))
        assert found.shape == (3, 8) and (output == "fc1") == bool((found < 0).any())
    for wrong, words in (("fc9", "no layer “fc9”"), ("fc1.z", "no output “z”"), ("loss", "no layer “loss”")):
        with pytest.raises(CodeError, match=words):
            exported(store, "torch", tmp_path / "b.pt2", document=dumps(iris()), output=wrong)
    assert not (tmp_path / "b.pt2").exists()


@pytest.mark.usefixtures("reads_here")
def test_a_single_validation_example_is_no_fixed_number(store: Store, tmp_path: Path) -> None:
    rows = "".join(f"{n % 7},{n % 5},{'xxxxxxyyzz'[n]}\n" for n in range(10))
    (tmp_path / "few.csv").write_text(f"a,b,label\n{rows}")
    record = add_dataset(
        store, tmp_path / "few.csv", options={"target": "label", "validation": "0.17"}
    ).record
    assert record.splits["validation"] == 1
    drawing = IRIS.replace("dataset=iris", f"dataset={record.id}")
    document = draw(drawing, name="few", schemas={record.id: Schema.from_json(record.schema)})
    exported(store, "onnx", tmp_path / "few.onnx", document=dumps(document))
    exported(store, "torch", tmp_path / "few.pt2", document=dumps(document))
    for count in (1, 4):
        x = torch.ones(count, 2)
        assert onnx_results(tmp_path / "few.onnx", data_features=x)[0].shape == (count, 3)
        assert torch_results(tmp_path / "few.pt2", x).shape == (count, 3)


def test_a_graph_of_any_size(store: Store, tmp_path: Path) -> None:
    document = load("gcn")
    exported(store, "torch", tmp_path / "gcn.pt2", document=dumps(document))
    x, edges = torch.eye(5, 34), torch.tensor([[0, 1], [1, 2]])
    found = torch_results(tmp_path / "gcn.pt2", x, edges)
    model = trained_models.untrained(store, document, tmp_path)
    with torch.no_grad():
        assert torch.allclose(model.program(x, edges), found, atol=1e-5)


def test_what_onnx_cannot_do_names_the_node(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "kept.onnx"
    file.write_text("as before")
    with pytest.raises(CodeError, match=r"“reader” does something .* Without its “length” input") as refused:
        exported(store, "onnx", file, document=dumps(draw(PADDED)))
    assert "--output" in str(refused.value) and "safetensors" in str(refused.value)
    assert file.read_text() == "as before" and not list(tmp_path.glob(".kept*"))


def test_an_operator_without_counterpart_is_named_with_its_block(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The converter itself refuses here, long after the program was traced."""
    from torch.onnx._internal.exporter import _registration

    whole = _registration.ONNXRegistry.get_decomps
    monkeypatch.setattr(
        _registration.ONNXRegistry,
        "get_decomps",
        lambda self, target: [] if "relu" in str(target) else whole(self, target),
    )
    inside = block("x Input\nfc Linear out_features=3 < x\nbent ReLU < fc\ny Output < bent")
    document = draw(
        "data Dataset dataset=iris\nbody @Body < data\nloss CrossEntropyLoss < body data.label",
        blocks={"Body": inside},
    )
    with pytest.raises(CodeError, match="written as ONNX: “body/bent” does something"):
        exported(store, "onnx", tmp_path / "a.onnx", document=dumps(document))


def test_a_file_that_computes_something_else_is_not_kept(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed = tracing.computed
    monkeypatch.setattr(tracing, "computed", lambda *given: tuple(each + 0.01 for each in computed(*given)))
    with pytest.raises(
        JobError, match=r"“fc2” of the exported model is off by .*, more than 0.0001, for 2 ex"
    ):
        exported(store, "onnx", tmp_path / "a.onnx", document=dumps(iris()))
    assert not list(tmp_path.glob("*.onnx*")) and not list(tmp_path.glob(".a*"))


def test_numbers_that_are_none_stay_what_they_are(store: Store, tmp_path: Path) -> None:
    one = torch.tensor([1.0, torch.nan, torch.inf])
    assert onnx_files._difference("y", one, one.clone(), 2) == 0.0
    assert onnx_files._difference("y", one[1:], one[1:], 2) == 0.0
    with pytest.raises(JobError, match="not finite where"):
        onnx_files._difference("y", one, torch.tensor([1.0, 2.0, torch.inf]), 2)
    with pytest.raises(JobError, match="gives “y” the shape 2"):
        onnx_files._difference("y", one, one[:2], 2)


def test_without_its_packages_it_is_said_what_to_install(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        JobError, match=r"onnx and onnxscript and onnxruntime.*pip install \"workbench\[onnx\]\""
    ):
        exported(store, "onnx", tmp_path / "a.onnx", document=dumps(iris()))


def test_a_graph_for_torch(trained: Trained, tmp_path: Path) -> None:
    run = trained.run(iris())
    exported(trained.store, "torch", tmp_path / "a.pt2", run=run.id, checkpoint="last")
    weights = trained.last(run).weights
    x = torch.randn(6, 4)
    wanted = torch.relu(x @ weights["fc1.weight"].T + weights["fc1.bias"]) @ weights["fc2.weight"].T
    found = torch_results(tmp_path / "a.pt2", x)
    assert torch.allclose(found, wanted + weights["fc2.bias"], atol=1e-5)


def test_weights_under_the_names_of_the_program(trained: Trained, tmp_path: Path) -> None:
    run = trained.run(iris())
    exported(trained.store, "safetensors", tmp_path / "run.safetensors", run=run.id)
    best = trained.last(run, "best").weights
    found = load_file(tmp_path / "run.safetensors")
    assert found.keys() == best.keys() and all(torch.equal(found[name], best[name]) for name in best)
    said = exported(trained.store, "safetensors", tmp_path / "new.safetensors", document=dumps(iris())).said
    assert "not trained" in said and load_file(tmp_path / "new.safetensors").keys() == best.keys()


def test_a_program_with_the_weights_of_a_run(trained: Trained, tmp_path: Path) -> None:
    """It computes the figures of the run where Workbench is not installed."""
    run = trained.run(iris())
    files = exported(trained.store, "python", tmp_path / "out", run=run.id).files
    assert [file.name for file in files] == ["iris.py", "iris-data.npz", "iris-trained.npz"]
    code = (
        "import json, runpy, sys; sys.modules['workbench'] = None; found = runpy.run_path(sys.argv[1]); "
        "print(json.dumps(found['evaluate'](found['trained'](), found['read']('validation'))))"
    )
    command = [sys.executable, "-I", "-c", code, str(files[0])]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    (best,) = [each for each in trained.store.checkpoints(run.id) if each.kind == "best"]
    for name in ("loss", "accuracy"):
        points = trained.store.points_of(run.id, f"validation/{name}")
        assert figures[name] == pytest.approx(next(p.value for p in points if p.step == best.step), rel=1e-5)


def test_the_card_and_the_metrics_of_a_run(trained: Trained, tmp_path: Path) -> None:
    run = trained.run(iris(epochs=1))
    assert [
        file.name for file in exported(trained.store, "card", tmp_path / "a.md", run=run.id).files[:2]
    ] == [
        "a.md",
        "a-drawing.svg",
    ]
    exported(trained.store, "metrics", tmp_path / "a.csv", run=run.id)
    assert (tmp_path / "a.csv").read_text().startswith("run,metric,step")
    said = exported(trained.store, "metrics", tmp_path / "a.parquet", run=run.id).said
    assert (tmp_path / "a.parquet").read_bytes().startswith(b"PAR1") and "values." in said


def test_runs_without_weights_are_refused(trained: Trained, tmp_path: Path) -> None:
    store = trained.store
    with pytest.raises(StoreError, match="no run 77"):
        exported(store, "onnx", tmp_path / "a.onnx", run=77)
    early = trained.queue(iris())
    with pytest.raises(JobError, match=r"has kept no weights; wait until it has trained for ten seconds"):
        exported(store, "safetensors", tmp_path / "a.safetensors", run=early.id)
    run = trained.run(iris())
    (best,) = [each for each in store.checkpoints(run.id) if each.kind == "best"]
    file = store.file(best.path)
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(JobError, match="damaged"):
        exported(store, "onnx", tmp_path / "a.onnx", run=run.id)
    file.unlink()
    for to in ("onnx", "safetensors", "python"):
        with pytest.raises(JobError, match=f"best weights of run {run.id} are gone: there is no file"):
            exported(store, to, tmp_path / "a", run=run.id)
    with pytest.raises(JobError, match="is a folder; name a file in it"):
        exported(store, "onnx", tmp_path, run=run.id, checkpoint="last")
    exported(store, "safetensors", tmp_path / "a.safetensors", run=run.id, checkpoint="last")


def test_weights_of_another_program_are_refused(trained: Trained, tmp_path: Path) -> None:
    run = trained.run(iris())
    with pytest.raises(JobError, match=r"do not fit the program .* fc1.weight, fc1.bias, fc2.weight"):
        trained_models.of_run(trained.store, run.id, tmp_path, "best", assign(iris(), "fc1.out_features", 9))


def run_main(store: Store, line: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(line.encode()), encoding="ascii"))
    return main([str(store.path)])


def test_as_a_process_it_tells_what_it_does(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever the encoding of the terminal."""
    line = Request("python", str(tmp_path / "oüt"), document=dumps(load("mlp"))).to_json()
    assert run_main(store, line, monkeypatch) == 0
    first, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert first == {"doing": "Reading the data"}
    assert last["files"] == [str(tmp_path / "oüt" / name) for name in ("mlp.py", "mlp-data.npz")]


def test_what_cannot_be_exported_is_said_in_one_line(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    mlp = dumps(load("mlp"))
    for request, words in (
        (Request("python", str(tmp_path), document="{"), "not valid JSON"),
        (
            Request("onnx", str(tmp_path / "a.onnx"), document=dumps(Document())),
            "The canvas is empty",
        ),
        (Request("python", str(tmp_path / "file"), document=mlp), "cannot be written"),
        (Request("safetensors", str(tmp_path / "no" / "a"), document=mlp), "cannot be written"),
        (Request("pickle", str(tmp_path / "a"), document=mlp), "“pickle” is not known"),
        (Request("onnx", str(tmp_path / "a"), run=1, checkpoint="worst"), "not “worst”"),
    ):
        assert run_main(store, request.to_json(), monkeypatch) == 1
        said = capsys.readouterr()
        assert said.err.startswith("error: ") and words in said.err and said.err.count("\n") == 1
    assert run_main(store, "[]", monkeypatch) == 1
    assert "no request for an export" in capsys.readouterr().err
