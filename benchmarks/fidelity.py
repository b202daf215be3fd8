"""Whether ready models are what was published: outputs and gradients beside independent code, figures beside papers.

The part `networks` builds the program of a drawing and a reference (Hugging Face's BERT and GPT-2, torch's own layers,
a ResNet written by hand), gives both the same weights and inputs in double precision, and says by how much outputs and
gradients differ at most, as a share of the largest value. The other parts train ready models through the command line,
most on real data in ../shared/data; without it these are left out. `python -m benchmarks.fidelity networks names …`
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks._figures import Figure, at_least, at_most, report

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
CLOSE = 1e-5


@dataclass(frozen=True, slots=True)
class Trained:
    """A ready model trained on real data: what is asked of which figure, and what was published."""

    template: str
    data: str
    metric: str
    goal: float
    settings: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    published: str = ""
    published_value: float | None = None
    falling: bool = False

    def figure(self) -> Figure:
        """Trains it as `trained` does, and says what came of it."""
        value = trained(self.template, self.data, self.settings, self.options)[self.metric]
        make = at_most if self.falling else at_least
        name = f"{self.template} on {self.data}, {self.metric}"
        return make(name, value, "", self.goal, self.published, self.published_value)


def trained(
    template: str, data: str = "", settings: Sequence[str] = (), options: Sequence[str] = ()
) -> dict[str, float]:
    """The last value of every metric of a run in a workspace that is thrown away afterwards."""
    given = [part for each in settings for part in ("--set", each)]
    given += [part for each in options for part in ("--option", each)]
    if data:
        given += ["--data", str(DATA / data)]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "workbench", "train", template, "--json", *given]
        command += ["--workspace", str(Path(folder) / "experiments.db")]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(done.stdout.splitlines()[-1])["metrics"]
    return {name: float(values["last"]) for name, values in found.items()}


RESULTS = {
    "fashion": Trained(
        "small-resnet", "fashion_mnist", "test/accuracy", 0.91, published="ResNet-18", published_value=0.949
    ),
    "shakespeare": Trained(
        "char-gpt",
        "tinyshakespeare/input.txt",
        "validation/loss",
        1.90,
        options=("test=0", "validation=0.1"),
        published="nanoGPT on a CPU, nats",
        published_value=1.88,
        falling=True,
    ),
    "names": Trained(
        "char-gpt",
        "names/names.txt",
        "test/loss",
        2.10,
        settings=("training.batch_size=64", "training.steps=2500"),
        published="MLP with batch norm, nats",
        published_value=2.1049,
        falling=True,
    ),
    "sms": Trained("text-cnn", "sms_spam", "test/accuracy", 0.98),
    "digits": Trained(
        "cnn1d-sound",
        "fsdd/recordings",
        "test/accuracy",
        0.95,
        options=("test_when=index<5",),
        published="ResNet-18",
        published_value=0.9696,
    ),
    "etth1": Trained(
        "dlinear",
        "etth1/ETTh1.csv",
        "test/loss",
        0.385,
        options=("window=336", "horizon=96", "rows=8640,2880,2880"),
        published="DLinear, MSE",
        published_value=0.375,
        falling=True,
    ),
    "etth1-lstm": Trained(
        "lstm-forecast",
        "etth1/ETTh1.csv",
        "test/loss",
        1.295,
        settings=("training.steps=400",),
        options=("window=336", "horizon=96", "rows=8640,2880,2880"),
        published="the last value again, MSE",
        published_value=1.295,
        falling=True,
    ),
    "gunpoint": Trained("cnn1d", "ucr/GunPoint", "test/accuracy", 0.97, settings=("training.epochs=150",)),
    "vowels": Trained("bilstm", "ucr/JapaneseVowels", "test/accuracy", 0.95),
    "isbi": Trained(
        "small-unet",
        "isbi_em",
        "test/accuracy",
        0.93,
        options=("validation=0", "test=0.2"),
        settings=(
            "fold=2",
            "width=32",
            "turn=15",
            "warp.p=1",
            "warp.smallest=1",
            "warp.largest=1",
            "warp.shear=0",
            "bend=6",
            "bend.points=4",
            "bend.p=1",
            "upside_down=0",
            "noise=0.15",
            "dropout=0.25",
            "training.batch_size=1",
            "training.epochs=100",
            "training.ema_decay=0.998",
            "training.updates.train.clip=1",
            "training.updates.train.schedule.pct_start=0.1",
        ),
        published="U-Net",
        published_value=0.97,
    ),
    "hippocampus": Trained(
        "cnn3d",
        "hippocampus",
        "test/dice",
        0.80,
        settings=("training.epochs=4",),
        published="nnU-Net",
        published_value=0.895,
    ),
}

TABLES = {
    "titanic": ("the Titanic", "tabular/titanic_train.csv", "Survived"),
    "wine": ("wine", "tabular/wine.csv", ""),
}
MEMORY = {"adding": ("r2", 0.95, 0.1), "copying": ("right", 0.95, 0.3)}
"""What an LSTM and a Transformer reach at least, and the plain network at most: guessing gets 0 and an eighth."""


def networks() -> Iterator[Figure]:
    """The largest difference of outputs and gradients, one figure for each network."""
    from benchmarks._networks import CASES, measured  # torch and transformers take seconds to import

    for name in CASES:
        for what, difference in zip(("outputs", "gradients"), measured(name), strict=True):
            yield at_most(f"{name}: {what} beside the reference", difference, "", CLOSE)


def tables(part: str) -> Iterator[Figure]:
    """The network for tables beside scikit-learn's classifiers."""
    from benchmarks._baselines import beside  # as above

    title, data, target = TABLES[part]
    yield from beside(
        title, DATA / data, target, lambda options: trained("mlp", data, (), options)["test/accuracy"]
    )


def memory(part: str) -> Iterator[Figure]:
    """What the plain network, the LSTM and the Transformer of one run make of a problem that asks for a memory."""
    metric, gated, plain = MEMORY[part]
    found = trained(part)
    for network in ("lstm", "transformer"):
        yield at_least(
            f"{network} on the {part} problem, {metric}", found[f"test/{network}_{metric}"], "", gated
        )
    yield at_most(f"plain rnn on the {part} problem, {metric}", found[f"test/rnn_{metric}"], "", plain)


def figures(parts: Sequence[str]) -> Iterator[Figure]:
    """The figures of the named parts."""
    if "networks" in parts:
        yield from networks()
    for part in parts:
        if part in RESULTS and (DATA / RESULTS[part].data).exists():
            yield RESULTS[part].figure()
        elif part in TABLES and (DATA / TABLES[part][1]).exists():
            yield from tables(part)
        elif part in MEMORY:
            yield from memory(part)


if __name__ == "__main__":
    report(__doc__ or "", figures, ("networks", *RESULTS, *TABLES, *MEMORY))
