"""Models as they are drawn, with the weights that their seed gives, for a service without any training."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.drawing import draw
from workbench.catalog.check import analyse
from workbench.catalog.samples import SAMPLES
from workbench.core.document import Document
from workbench.engine import trained
from workbench.engine.service.answers import answers_of, with_given, with_methods
from workbench.engine.service.context import Context, Opened
from workbench.jobs.queue import enqueue
from workbench.jobs.starts import Which
from workbench.store.records import Checkpoint
from workbench.store.store import Store

CPU = torch.device("cpu")


class Made(Context):
    """A context whose run 1 is a drawing."""

    def __init__(self, folder: Path, document: Document | str, **settings: Any) -> None:
        super().__init__(Store(folder / "experiments.db"), folder, CPU)
        document = draw(document, **settings) if isinstance(document, str) else document
        enqueue(self.store, document, schemas=SAMPLES, device="cpu")
        drawn, answers = with_methods(document, answers_of(analyse(document, SAMPLES)))
        model = trained.untrained(self.store, drawn, folder)
        checkpoint = Checkpoint(1, 1, 1, 1, "best", "", "none", 1)
        self._opened = Opened(model, with_given(model.analysis.root, answers), checkpoint)
        self.told: list[tuple[int, int]] = []
        self.listen(lambda done, of: self.told.append((done, of)))

    def opened(self, run: int, checkpoint: Which = "best") -> Opened:
        return self._opened

    def state(self) -> Mapping[str, Tensor]:
        """Everything that a question must not change, copied."""
        program = self._opened.model.program
        assert not any(module.training for module in program.modules())
        assert all(each.grad is None for each in program.parameters())
        hooks = [module for module in program.modules() if module._forward_hooks or module._forward_pre_hooks]
        assert not hooks
        found: Mapping[str, Tensor] = {name: each.clone() for name, each in program.state_dict().items()}
        return found

    def close(self) -> None:
        super().close()
        self.store.close()


def drawing(factory: pytest.TempPathFactory, document: str, **options: Any) -> Iterator[Made]:
    """For fixtures: a context of a drawing, closed afterwards."""
    made = Made(factory.mktemp("made"), draw(document, **options))
    yield made
    made.close()


def asked(action: str, **more: Any) -> dict[str, Any]:
    """A request about the first example of the validation part."""
    return {"do": action, "run": 1, "sample": {"split": "validation", "index": 0}, **more}
