"""Queues runs and sees to it that a runner works on them. What the window and the command line call."""

from collections.abc import Mapping

from workbench.catalog.schema import Schema
from workbench.core.document import Document
from workbench.core.errors import JobError
from workbench.jobs import processes
from workbench.jobs.adoption import runner_lock, settle
from workbench.store.records import RunRecord
from workbench.store.store import Store

_LARGEST_LOG = 1_000_000


def enqueue(
    store: Store,
    document: Document,
    *,
    schemas: Mapping[str, Schema],
    device: str = "auto",
    seed: int | None = None,
    name: str = "",
    resumed_from: int = 0,
    model_id: int = 0,
) -> RunRecord:
    """Queues a run of this model as it is now. Raises JobError with all problems where it cannot train.

    Without a seed the model's own counts. `ensure_runner` starts what is queued.
    """
    # Here, because opening a workspace needs this module but neither the catalog's check nor the code writer.
    from workbench.catalog.check import analyse
    from workbench.catalog.nodes.data import Dataset
    from workbench.codegen.program import generate
    from workbench.core.files import dumps
    from workbench.jobs.environment import recorded, refuse_other_data
    from workbench.jobs.estimates import expected, training_items
    from workbench.jobs.settings import flatten
    from workbench.jobs.starts import start_of

    analysis = analyse(document, schemas)
    if not analysis.ok:
        errors = [str(problem) for problem in analysis.problems if problem.severity == "error"]
        raise JobError("\n".join([f"“{document.name}” cannot train yet:", *errors]))
    if analysis.unchosen:
        names = ", ".join(f"“{id}”" for id in analysis.unchosen)
        raise JobError(f"“{document.name}” cannot train yet: choose a dataset for {names}.")
    if analysis.settings.weights and not resumed_from:
        start_of(store, analysis.settings.weights)
    kinds = [info.kind for info in analysis.nodes.values()]
    datasets = dict.fromkeys(kind.dataset for kind in kinds if isinstance(kind, Dataset))
    for id, tokens in training_items(store, analysis).items():
        length = max(kind.length for kind in kinds if isinstance(kind, Dataset) and kind.dataset == id)
        if schemas[id].kind == "text" and tokens <= length:
            raise JobError(
                f"“{document.name}” cannot train yet: “{schemas[id].title}” has {tokens:,} characters to train on, too "
                f"few for windows of {length:,}. Choose a text length below {tokens:,}."
            )
    place = recorded(store, datasets)
    if resumed_from:
        refuse_other_data(resumed_from, store.params(resumed_from), place)
    seed = analysis.settings.seed if seed is None else seed
    return store.add_run(
        name or document.name,
        document.name,
        dumps(document),
        generate(document, analysis),
        device=device,
        seed=seed,
        epochs=analysis.settings.epochs,
        parameters=analysis.parameters,
        dataset=", ".join(datasets),
        params={
            **flatten(document, analysis),
            "training.seed": seed,
            **place,
            **expected(store, analysis, device),
        },
        resumed_from=resumed_from,
        model_id=model_id,
    )


def enqueue_again(
    store: Store, run: RunRecord, *, schemas: Mapping[str, Schema], device: str, resume: bool = False
) -> RunRecord:
    """Queues the exact drawing of a run once more, with its seed; with `resume` it trains on from where it ended.

    Raises JobError where there is nothing to go on from.
    """
    from workbench.core.files import loads

    if resume:
        _refuse_to_resume(store, run)
    return enqueue(
        store,
        loads(store.document_text(run.id), f"the drawing of run {run.id}"),
        schemas=schemas,
        device=device,
        seed=run.seed,
        name=run.name,
        resumed_from=run.id if resume else 0,
        model_id=run.model_id,
    )


def _refuse_to_resume(store: Store, run: RunRecord) -> None:
    """Raises JobError where a run cannot go on from its last checkpoint, or does so already."""
    if run.state == "completed":
        raise JobError(f"Run {run.id} is complete. Train its model again, with more epochs if you like.")
    if run.state == "queued":
        raise JobError(f"Run {run.id} is still waiting for a device.")
    going = [each.id for each in store.unfinished() if each.resumed_from == run.id]
    if going:
        raise JobError(f"Run {going[0]} goes on from run {run.id} already.")
    if not any(checkpoint.kind == "last" for checkpoint in store.checkpoints(run.id)):
        raise JobError(f"Run {run.id} has no checkpoint to go on from.")


def ensure_runner(store: Store) -> None:
    """Starts the workspace's runner where none is alive; returns at once."""
    processes.reap()
    lock = runner_lock(store.files)
    if not lock.acquire():
        return
    lock.release()
    log = store.files / "runner.log"
    try:
        if log.exists() and log.stat().st_size > _LARGEST_LOG:
            log.unlink()
        command = processes.python("workbench.jobs.runner", str(store.path))
        processes.start(command, log, store.path.parent, {})
    except OSError as error:
        raise JobError(f"The runner cannot be started: {error.strerror or error}.") from error


def recover(store: Store) -> list[int]:
    """Puts right what a runner that died left behind, and starts a new one where there is work.

    Returns the runs whose process was gone, now failed. Cheap where a runner is alive: then it does nothing.
    """
    lock = runner_lock(store.files)
    if not lock.acquire():
        return []
    try:
        left = settle(store)
    finally:
        lock.release()
    if store.unfinished():
        ensure_runner(store)
    return list(left.ended)
