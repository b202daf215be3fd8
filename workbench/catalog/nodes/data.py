"""Where batches come from: datasets. Imports catalog.spec, catalog.schema and core."""

from dataclasses import replace

from workbench.catalog.forms import param
from workbench.catalog.samples import SAMPLES
from workbench.catalog.schema import Schema
from workbench.catalog.spec import Call, NodeType, example, node
from workbench.core.shapes import Dim, TensorSpec

_BOUNDS = {"label": "classes", "tokens": "vocabulary", "next": "vocabulary"}


@node(
    "Dataset",
    family="data",
    inputs=(),
    outputs=(),
    aliases=("data", "images", "table", "text", "source"),
    examples=tuple(example(dataset=schema.id, schema=schema) for schema in SAMPLES.values()),
)
class Dataset(NodeType):
    """The data a model learns from. It has one output for each thing that an example consists of.

    **Formula** (x, label, …) = the next N examples of the split, in a new order each epoch of training, or in theirs

    **Shapes** as the dataset says: images N×C×H×W in [0, 1], features N×F standardised by the training part,
    labels N, text N×L with `next` shifted by one, graphs x V×F and edges 2×E.

    **Use when** always: every model starts with a dataset. Its facts can be used in fields, such as `= classes`.

    **Alternatives** Noise where nothing has to be read, as in front of a generator.

    **Reference** Goodfellow, Bengio and Courville 2016, Deep learning, section 5.3.
    """

    dataset: str = param(
        "digits", "Which dataset: a sample that ships with Workbench, or one you added.", kind="dataset"
    )
    length: int = param(
        64, "For text: how many characters one example has.", min=1, max=100_000, label="Text length"
    )
    order: str = param(
        "shuffled",
        "By chance, or in order: then rows of a batch of text or windows go on where they stopped before.",
        choices=("shuffled", "in order"),
    )
    schema: Schema | None = param(None, "Filled in by the check.", kind="hidden")

    @property
    def goes_on(self) -> bool:
        """Whether an example begins where another ends: a running text, and windows of rows."""
        schema = self.schema
        return schema is not None and (schema.kind == "text" or "window" in schema.facts)

    def output_ports(self) -> tuple[str, ...]:
        return tuple(self.schema.outputs) if self.schema else ()

    def infer(self, *specs: TensorSpec) -> tuple[TensorSpec, ...]:
        if self.schema is None:
            return ()
        return tuple(self._filled(name, spec) for name, spec in self.schema.outputs.items())

    def _filled(self, name: str, spec: TensorSpec) -> TensorSpec:
        """A text's length is this node's; classes and vocabulary bound the labels and tokens."""
        assert self.schema is not None
        shape: tuple[Dim, ...] = tuple(self.length if dim == "L" else dim for dim in spec.shape)
        bound = int(self.schema.facts.get(_BOUNDS.get(name, ""), 0)) if spec.dtype == "index" else 0
        return replace(spec, shape=shape, bound=spec.bound or bound)

    def summary(self) -> str:
        return self.schema.title if self.schema else self.dataset

    def forward(self, call: Call) -> list[str]:
        return []
