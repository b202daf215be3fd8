"""What can be done with runs, and when.  Imports session and records."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from workbench.core.text import plural
from workbench.gui.session import Session
from workbench.store.records import UNMARKED, RunRecord, TagChange

if TYPE_CHECKING:
    from workbench.store.store import Store


Command = Callable[[Session, Sequence[RunRecord]], None]


def can_pause(run: RunRecord) -> bool:
    """Whether it trains now and nobody has asked it to do something else."""
    return run.state in ("starting", "running") and run.request in ("", "resume")


def can_resume(run: RunRecord) -> bool:
    """Whether it is paused, or about to be."""
    return (run.state == "paused" and run.request != "resume") or (run.alive and run.request == "pause")


def can_go_on(run: RunRecord) -> bool:
    """Whether it ended before its time and left a checkpoint, from which a new run can train on."""
    return run.state in ("stopped", "failed") and has_weights(run) and run.drawn


def can_stop(run: RunRecord) -> bool:
    """Whether it has not ended and was not asked to."""
    return not run.final and run.request != "stop"


def toggle_pause(session: Session, runs: Sequence[RunRecord]) -> None:
    """Pause those that train and let the paused ones go on; of those that were stopped or failed, new runs do."""
    if all(can_go_on(run) for run in runs):  # with others among them it is those that are meant
        for run in reversed(runs):
            session.starter.again(run.id, resume=True)
    for run in runs:
        if can_resume(run):
            session.request(run.id, "resume")
        elif can_pause(run):
            session.request(run.id, "pause")


def stop(session: Session, runs: Sequence[RunRecord]) -> None:
    """End those that have not ended."""
    for run in runs:
        if can_stop(run):
            session.request(run.id, "stop")


def why_undrawn(runs: Sequence[RunRecord]) -> str:
    """Why the drawing of one of these cannot be opened or trained again; "" where each has one."""
    bare = next((run for run in runs if not run.drawn), None)
    return f"Run {bare.id} came from another program without a drawing" if bare is not None else ""


def open_drawing(session: Session, runs: Sequence[RunRecord]) -> None:
    """Put a copy of the drawing of the first of them on the canvas."""
    for run in runs[:1]:
        session.open_run(run.id)


def has_weights(run: RunRecord) -> bool:
    """Whether it came far enough to have kept some."""
    return bool(run.step or run.epoch) and not run.imported


def can_inspect(run: RunRecord) -> bool:
    """Whether it has ended and kept weights to look into."""
    return run.final and has_weights(run)


def inspect(session: Session, runs: Sequence[RunRecord]) -> None:
    """Look into the model of the first of them."""
    for run in runs[:1]:
        session.go("inspect", run.id)


def use_weights(session: Session, runs: Sequence[RunRecord]) -> None:
    """Let the open model start from the weights of the first of them."""
    for run in runs[:1]:
        session.start_from(run.id)


def train_on(session: Session, runs: Sequence[RunRecord]) -> None:
    """Open a copy of the drawing of the first of them that starts from its weights."""
    for run in runs[:1]:
        session.open_run(run.id, start=True)


def again(session: Session, runs: Sequence[RunRecord]) -> None:
    """Queue them once more, the one at the bottom first, so that the new ones stand in the same order."""
    for run in reversed(runs):
        session.starter.again(run.id)


def delete(session: Session, runs: Sequence[RunRecord]) -> None:
    """Put ended and queued runs into the trash and offer to take them back; the others are named."""
    alive = [run for run in runs if run.alive]
    gone = [run.id for run in runs if not run.alive]
    if alive:
        first = alive[0]
        others = f" So {'is' if len(alive) == 2 else 'are'} {len(alive) - 1} more." if alive[1:] else ""
        session.message.emit(f"Run #{first.id} is {first.state}; stop it first.{others}", "warning")
    if not gone:
        return

    def work(store: "Store") -> list[int]:
        for id in gone:
            store.delete_run(id)
        return gone

    def restore() -> None:
        def back(store: "Store") -> None:
            for id in gone:
                store.restore_run(id)

        session.call(back)

    session.call(work, lambda ids: session.offer(f"{plural(len(ids), 'run')} in the trash.", "Undo", restore))


def star(session: Session, runs: Sequence[RunRecord]) -> None:
    """Give them a star, or take it away where all of them have one."""
    ids = [run.id for run in runs]
    on = not all(session.marks.get(id, UNMARKED).star for id in ids)

    def back(changed: list[int]) -> None:
        if len(changed) > 1:  # one is put right with one key
            words = f"{plural(len(changed), 'run')} {'with' if on else 'without'} a star now."
            session.offer(words, "Undo", lambda: session.call(lambda store: store.star(changed, not on)))

    session.call(lambda store: store.star(ids, on), back)


def archive(session: Session, runs: Sequence[RunRecord]) -> None:
    """Put them away, or take them out again where all of them were; can be undone."""
    ids = [run.id for run in runs]
    on = not all(session.marks.get(id, UNMARKED).archived for id in ids)

    def back(changed: list[int]) -> None:
        words = "put away. The filter “archived” shows them." if on else "taken out again."
        session.offer(
            f"{plural(len(changed), 'run')} {words}",
            "Undo",
            lambda: session.call(lambda store: store.archive(changed, not on)),
        )

    session.call(lambda store: store.archive(ids, on), back)


def change_tags(
    session: Session, add: Sequence[tuple[int, str]] = (), remove: Sequence[tuple[int, str]] = ()
) -> None:
    """Add and remove tags of runs; can be undone where several runs changed."""

    def back(change: TagChange) -> None:
        touched = {run for run, _ in (*change.added, *change.removed)}
        if len(touched) > 1:
            tag = (*change.added, *change.removed)[0][1]
            words = (
                f"“{tag}” was {'added to' if change.added else 'taken from'} {plural(len(touched), 'run')}."
            )
            session.offer(
                words,
                "Undo",
                lambda: session.call(lambda store: store.change_tags(change.removed, change.added)),
            )

    session.call(lambda store: store.change_tags(add, remove), back)
