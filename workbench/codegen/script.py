"""The exported script: the program's text and a plain `main` that trains it where Workbench is not installed.

Its order of examples and its random numbers are those of the trainer, so the same seed gives the same losses.
"""

from collections.abc import Iterator

from workbench.catalog.check import Analysis
from workbench.catalog.goals import goal_of
from workbench.catalog.nodes.data import Dataset
from workbench.catalog.schema import Schema
from workbench.codegen.program import generate, refuse_errors
from workbench.codegen.text import INDENT, docstring, indent
from workbench.core.document import Document
from workbench.core.errors import CodeError

DATA_FILE, WEIGHTS_FILE, TRAINED_FILE = "{}-data.npz", "{}-weights.npz", "{}-trained.npz"
"""What lies beside a script, under its own name: several fit into one folder."""

_READ = '''
def read(split: str) -> dict[str, Tensor]:
    """The data of one split, from the file beside this one."""
    with np.load(Path(__file__).with_name(DATA), allow_pickle=False) as file:
        names = [name for name in file.files if name.startswith(f"{split}/")]
        return {name.partition("/")[2]: torch.from_numpy(file[name]) for name in names}
'''

_ITEMS = '''
def batches(
    data: dict[str, Tensor], generator: torch.Generator | None = None
) -> Iterator[dict[str, Tensor]]:
    """One epoch of examples; with a generator in a random order."""
    count = len(next(iter(data.values())))
    order = torch.arange(count)
    if generator is not None and count > BATCH_SIZE:
        order = torch.randperm(count, generator=generator)
    for index in order.split(BATCH_SIZE):
        if generator is not None and len(index) == 1 and BATCH_SIZE > 1 and count > 1:
            continue  # batch normalisation cannot take a single example
        yield {name: tensor[index] for name, tensor in data.items()}
'''

_TEXT = '''
def batches(
    data: dict[str, Tensor], generator: torch.Generator | None = None
) -> Iterator[dict[str, Tensor]]:
    """One epoch of windows of text; with a generator from a random place and in a random order."""
    (name, stream), start = next(iter(data.items())), 0
    length = LENGTH if generator is not None else min(LENGTH, len(stream) - 1)
    count = max(1, (len(stream) - (length if generator is not None else 1)) // length)
    if generator is not None:
        slack = len(stream) - 1 - count * length
        start = int(torch.randint(min(length - 1, slack) + 1, (), generator=generator))
    tokens = stream[start : start + count * length].view(count, length)
    following = stream[start + 1 : start + 1 + count * length].view(count, length)
    order = torch.arange(count)
    if generator is not None and count > BATCH_SIZE:
        order = torch.randperm(count, generator=generator)
    for index in order.split(BATCH_SIZE):
        if generator is not None and len(index) == 1 and BATCH_SIZE > 1 and count > 1:
            continue  # as in training: a lone last example is left out
        yield {name: tokens[index], name.replace(".tokens", ".next"): following[index]}
'''

_FIXED_ITEMS = '''
def batches(
    data: dict[str, Tensor], generator: torch.Generator | None = None
) -> Iterator[dict[str, Tensor]]:
    """One epoch of examples in their order."""
    count = len(next(iter(data.values())))
    for index in torch.arange(count).split(BATCH_SIZE):
        if generator is not None and len(index) == 1 and BATCH_SIZE > 1 and count > 1:
            continue  # batch normalisation cannot take a single example
        yield {name: tensor[index] for name, tensor in data.items()}
'''

_IN_ORDER = '''
def in_order(count: int, training: bool) -> list[Tensor]:
    """Batches of windows; each row goes on where it stopped in the batch before."""
    rows = min(BATCH_SIZE, count)
    steps = count // rows
    batches = list(torch.arange(rows * steps).view(rows, steps).unbind(1))
    rest = torch.arange(rows * steps, count)
    return batches if training or not len(rest) else [*batches, rest]
'''

_FOLLOWING_WINDOWS = (
    _IN_ORDER
    + '''

def batches(
    data: dict[str, Tensor], generator: torch.Generator | None = None
) -> Iterator[dict[str, Tensor]]:
    """One epoch of windows that follow each other."""
    for index in in_order(len(next(iter(data.values()))), generator is not None):
        yield {name: tensor[index] for name, tensor in data.items()}
'''
)

_FOLLOWING_TEXT = (
    _IN_ORDER
    + '''

def batches(
    data: dict[str, Tensor], generator: torch.Generator | None = None
) -> Iterator[dict[str, Tensor]]:
    """One epoch of windows of text that follow each other."""
    name, stream = next(iter(data.items()))
    length = LENGTH if generator is not None else min(LENGTH, len(stream) - 1)
    count = max(1, (len(stream) - (length if generator is not None else 1)) // length)
    tokens = stream[: count * length].view(count, length)
    following = stream[1 : 1 + count * length].view(count, length)
    for index in in_order(count, generator is not None):
        yield {name: tokens[index], name.replace(".tokens", ".next"): following[index]}
'''
)

_GRAPH = '''
def batches(
    data: dict[str, Tensor], generator: torch.Generator | None = None
) -> Iterator[dict[str, Tensor]]:
    """The whole graph is one batch; its labels are those of the split."""
    yield data
'''

_GRAPHS = '''
def _ranges(starts: Tensor, counts: Tensor) -> Tensor:
    """The numbers from each start on: starts 5, 0 and counts 2, 3 give 5 6 0 1 2."""
    ends = counts.cumsum(0)
    shifts = torch.repeat_interleave(starts - ends + counts, counts)
    return torch.arange(len(shifts)) + shifts


def batches(
    data: dict[str, Tensor], generator: torch.Generator | None = None
) -> Iterator[dict[str, Tensor]]:
    """One epoch of graphs, in each batch side by side; with a generator in a random order."""
    data = dict(data)
    at = next(iter(data)).rpartition(".")[0]
    x, edges, graph = (data.pop(f"{at}.{name}") for name in ("x", "edges", "graph"))
    count = len(next(iter(data.values())))
    nodes = torch.bincount(graph, minlength=count)
    links = torch.bincount(graph[edges[0]], minlength=count)
    first_node, first_link = nodes.cumsum(0) - nodes, links.cumsum(0) - links
    order = torch.arange(count)
    if generator is not None and count > BATCH_SIZE:
        order = torch.randperm(count, generator=generator)
    for index in order.split(BATCH_SIZE):
        if generator is not None and len(index) == 1 and BATCH_SIZE > 1 and count > 1:
            continue  # batch normalisation cannot take a single example
        sizes = nodes[index]
        shifts = sizes.cumsum(0) - sizes - first_node[index]
        batch = {name: tensor[index] for name, tensor in data.items()}
        batch[f"{at}.x"] = x[_ranges(first_node[index], sizes)]
        taken = edges[:, _ranges(first_link[index], links[index])]
        batch[f"{at}.edges"] = taken + torch.repeat_interleave(shifts, links[index])
        batch[f"{at}.graph"] = torch.repeat_interleave(torch.arange(len(index)), sizes)
        yield batch
'''
_SHUFFLED = """
    if generator is not None and count > BATCH_SIZE:
        order = torch.randperm(count, generator=generator)"""

_EVALUATE = '''
@torch.no_grad()
def evaluate(program: Program, data: dict[str, Tensor]) -> dict[str, float]:
    """Losses and metrics over a split; random numbers of training stay as they are."""
    program.eval()
    totals: dict[str, Tensor] = {}
    with torch.random.fork_rng([]):
        torch.manual_seed(SEED)
        for batch in batches(data):
            for name, state in program.evaluate(batch).items():
                totals[name] = totals[name] + state if name in totals else state
    return program.summarise(totals)
'''


_REMEMBER = '''
@torch.no_grad()
def _remember(mean: dict[str, Tensor], program: Program, step: int) -> None:
    """Moves the mean of the weights over the steps, which is what is evaluated."""
    memory = min(_EMA_DECAY, (1 + step) / (10 + step))
    for name, weight in program.state_dict().items():
        if weight.is_floating_point():
            mean[name].lerp_(weight, 1 - memory)
        else:
            mean[name].copy_(weight)
'''


_TRAINED = '''
def trained() -> Program:
    """The model with the weights that it was trained to, ready to compute."""
    program = Program()
    with np.load(Path(__file__).with_name(TRAINED), allow_pickle=False) as file:
        program.load_state_dict({name: torch.from_numpy(file[name]) for name in file.files})
    return program.eval()
'''


def name_of(document: Document) -> str:
    """The name of the script's file without its ending."""
    name = "".join(c if c.isascii() and c.isalnum() else "_" for c in document.name)
    return name.strip("_") or "model"


def script(document: Document, analysis: Analysis, *, trained: bool = False) -> str:
    """The whole text; with a function for the weights of a run where they lie beside it.

    Raises CodeError for a model that cannot be compiled, or that reads several datasets.
    """
    refuse_errors(analysis)
    datasets = [info.kind for info in analysis.root.infos.values() if isinstance(info.kind, Dataset)]
    if len(datasets) > 1:
        raise CodeError("A model with several datasets cannot be exported as a script yet.")
    schema = datasets[0].schema if datasets else None
    if schema is None:
        raise CodeError("The model has no dataset, so there is nothing to train on.")
    settings = analysis.settings
    name = name_of(document)
    tail = [f'DATA = "{DATA_FILE.format(name)}"', f"SEED = {settings.seed}"]
    tail.append(f"BATCH_SIZE = {settings.batch_size}")
    if settings.weights:
        tail.append(f'WEIGHTS = "{WEIGHTS_FILE.format(name)}"')
    if settings.ema_decay:
        tail.append(f"_EMA_DECAY = {settings.ema_decay!r}")
    if trained:
        tail.append(f'TRAINED = "{TRAINED_FILE.format(name)}"')
    if schema.kind == "text":
        tail.append(f"LENGTH = {datasets[0].length}")
    parts = [_READ, _loader(datasets[0], schema), _EVALUATE]
    parts += [_REMEMBER] if settings.ema_decay else []
    parts += [_TRAINED] if trained else []
    for part in parts:
        tail += ["", "", *part.strip().split("\n")]
    tail += ["", "", *_main(analysis), "", "", 'if __name__ == "__main__":', f"{INDENT}main()"]
    return generate(document, analysis, tail=tail)


def _loader(dataset: Dataset, schema: Schema) -> str:
    """The function that gives the batches of an epoch."""
    if schema.kind == "graph" and "graph" not in schema.outputs:
        return _GRAPH
    fixed = dataset.order != "shuffled"
    if schema.kind == "graph":
        return _GRAPHS.replace(_SHUFFLED, "") if fixed else _GRAPHS
    if not fixed:
        return _TEXT if schema.kind == "text" else _ITEMS
    if not dataset.goes_on:
        return _FIXED_ITEMS
    return _FOLLOWING_TEXT if schema.kind == "text" else _FOLLOWING_WINDOWS


def _main(analysis: Analysis) -> Iterator[str]:
    settings = analysis.settings
    yield "def main() -> list[float]:"
    yield from docstring("Trains from the start; the losses of all steps, for comparison.")
    lines = [
        "torch.manual_seed(SEED)",
        "program = Program()",
    ]
    if settings.weights:
        lines += [
            "with np.load(Path(__file__).with_name(WEIGHTS), allow_pickle=False) as start:",
            f"{INDENT}state = {{name: torch.from_numpy(start[name]) for name in start.files}}",
            "program.load_state_dict(state)",
        ]
    # Without validation examples a run goes by those that it trains on, too.
    lines += ['training = read("train")', 'validation = read("validation") or training']
    lines += [f"optimizer_{step.name} = program.optimizer_{step.name}()" for step in analysis.updates]
    scheduled = [step for step in analysis.updates if step.schedule.code()]
    if scheduled or settings.steps:
        lines.append("epoch_steps = sum(1 for _ in batches(training, torch.Generator()))")
    total = f"{settings.epochs} * epoch_steps"
    if settings.steps:
        total = f"min({total}, {settings.steps})"
    if scheduled or settings.steps:
        lines.append(f"steps = {total}")
    for step in scheduled:
        per, epoch = ("steps", "epoch_steps")
        if step.every > 1:
            per, epoch = f"-(-steps // {step.every})", f"epoch_steps / {step.every}"
        lines.append(
            f"schedule_{step.name} = program.schedule_{step.name}(optimizer_{step.name}, {per}, {epoch})"
        )
    for step in analysis.updates:
        if step.clip:
            groups = f"optimizer_{step.name}.param_groups"
            lines.append(f'weights_{step.name} = [p for group in {groups} for p in group["params"]]')
    if settings.ema_decay:
        lines.append("mean = {name: weight.clone() for name, weight in program.state_dict().items()}")
    lines += ["losses: list[float] = []", "step = 0", f"for epoch in range({settings.epochs}):"]
    lines += indent(_epoch(analysis), 1)
    lines.append("return losses")
    yield from indent(lines, 1)


def _epoch(analysis: Analysis) -> Iterator[str]:
    settings = analysis.settings
    yield "program.train()"
    yield "generator = torch.Generator().manual_seed((SEED * 1_000_003 + epoch) % 2**63)"
    yield "for batch in batches(training, generator):"
    if settings.steps:
        yield f"{INDENT}if step == steps:"
        yield f"{INDENT * 2}break"
    yield f"{INDENT}step += 1"
    states = len(analysis.updates) > 1 and any(
        getattr(info.kind, "carry", False) for info in analysis.nodes.values()
    )
    if states:
        yield f"{INDENT}# Layers that keep their state read the batch from the same one in each update."
        yield f'{INDENT}kept = [(m, m.carried) for m in program.modules() if hasattr(m, "carried")]'
    for step in analysis.updates:
        if states:
            yield f"{INDENT}for module, state in kept:"
            yield f"{INDENT * 2}module.carried = state"
        lines = [
            f"values = program.update_{step.name}(batch)",
            f"optimizer_{step.name}.zero_grad(set_to_none=True)",
            "loss = next(iter(values.values()))",
            "loss.backward()",
        ]
        if step.clip:
            lines.append(f"nn.utils.clip_grad_norm_(weights_{step.name}, {step.clip})")
        lines.append(f"optimizer_{step.name}.step()")
        if step.schedule.code() and not step.schedule.by_figure:
            lines.append(f"schedule_{step.name}.step()")
        lines.append("losses.append(loss.item())")
        if step.every > 1:
            lines = [f"if step % {step.every} == 0:", *indent(lines, 1)]
        yield from indent(lines, 1)
    if settings.ema_decay:
        yield f"{INDENT}_remember(mean, program, step)"
        yield "own = {name: weight.clone() for name, weight in program.state_dict().items()}"
        yield "program.load_state_dict(mean)"
    yield "figures = evaluate(program, validation)"
    if settings.ema_decay:
        yield "program.load_state_dict(own)"
    yield 'text = ", ".join(f"{name} {value:.4f}" for name, value in figures.items())'
    yield 'print(f"epoch {epoch + 1}: {text}")'
    for step in analysis.updates:
        if step.schedule.by_figure:
            yield f'schedule_{step.name}.step(figures["{goal_of(analysis).metric}"])'
    if settings.steps:
        yield "if step == steps:"
        yield f"{INDENT}break"
