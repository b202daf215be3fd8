"""What a model makes by itself: texts that go on from a prompt, translations, pictures made from noise.

Imports torch, what writes, and the context.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from workbench.core.document import Port
from workbench.core.errors import DataError, JobError
from workbench.engine.carrying import apart
from workbench.engine.decoding import Sampling
from workbench.engine.once import Once, untouched
from workbench.engine.readers.files import MEGABYTE, read_text
from workbench.engine.service import asked
from workbench.engine.service.answers import Answer
from workbench.engine.service.context import Context, one_node
from workbench.engine.service.data import Data, Source
from workbench.engine.service.told import picture
from workbench.engine.writing import lacking, sampled, translated, written
from workbench.jobs.starts import Which

_LENGTH, _MOST_LENGTH = 200, 5_000
_MOST_PICTURES = 256


def writes(source: Source, answer: Answer) -> bool:
    """Whether an answer says what follows in a running text or a line, so that it can go on from a prompt."""
    outputs = source.data.schema.outputs
    known = source.data.vocabularies.get("tokens")
    return (
        answer.kind == "tokens"
        and answer.origin == Port(source.node, "next")
        and "tokens" in outputs
        and known is not None
        and len(known) == len(answer.classes)
    )


def is_translator(source: Source, answer: Answer) -> bool:
    """Whether an answer says what follows in the other language of a pair of sentences."""
    known = source.data.vocabularies
    return (
        answer.kind == "tokens"
        and {"source", "target"} <= known.keys()
        and answer.origin == Port(source.node, "next")
        and len(known["target"]) == len(answer.classes)
    )


def generate(context: Context, request: Mapping[str, Any]) -> dict[str, Any]:
    """{"text", "texts"}: what a language model makes of a prompt; "said" tells what of it the model does not know.
    Raises JobError for a model that writes nothing.

    "temperature" 0 takes the likeliest token each time; "top_k" 0 and "top_p" 1 leave all tokens; "count" texts.
    """
    run, which = asked.run(request), asked.checkpoint(request)
    answer = _writer(context, run, which, asked.text(request, "output"))
    sampling = Sampling(
        asked.number(request, "temperature", 0.8, 0, 100),
        asked.whole(request, "top_k", 0),
        asked.number(request, "top_p", 1.0, 0, 1),
    )
    prompt = asked.text(request, "prompt")
    texts = _written(
        context,
        run,
        which,
        answer,
        prompt=prompt,
        count=asked.whole(request, "count", 1, 1, 32),
        length=asked.whole(request, "length", _LENGTH, 1, _MOST_LENGTH),
        sampling=sampling,
        seed=asked.whole(request, "seed", 0),
    )
    return {"text": texts[0], "texts": texts, **_unknown(context, run, answer, prompt)}


def generate_pictures(context: Context, request: Mapping[str, Any]) -> dict[str, Any]:
    """{"pictures": [{"png", "width", "height"}], "output"}: what a generator or decoder makes of noise.

    The same seed brings the same pictures. Raises JobError for a model that makes none.
    """
    run, which = asked.run(request), asked.checkpoint(request)
    name, count = asked.text(request, "output"), asked.whole(request, "count", 16, 1, _MOST_PICTURES)
    answer = painter(context, run, which, name)
    batch = context.with_noise(run, {}, asked.whole(request, "seed", 0), count)
    program = context.model(run, which).program
    with apart(program), torch.no_grad():
        made = answer.computed(answer.scores(program, batch))
    return {
        "output": answer.name,
        "pictures": [picture(made[row : row + 1], answer.shape) for row in range(len(made))],
    }


def painter(context: Context, run: int, which: Which, name: str = "") -> Answer:
    """The answer that makes pictures from noise. Raises JobError where there is none."""
    found = [each for each in context.answers(run, which) if each.kind == "picture" and not each.data]
    chosen = next((each for each in found if name in ("", each.name, each.source.node)), None)
    if chosen is None:
        raise JobError(
            f"The model makes no pictures from noise{f' as “{name}”' if name else ''}: nothing that depends on noise "
            "alone leads to an output or to a probe of images."
        )
    return chosen


def continue_text(
    context: Context, run: int, which: Which, answer: Answer, inputs: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """For each text the likeliest way to go on; of files their end is what it goes on from."""
    found: list[dict[str, Any]] = []
    for done, each in enumerate(inputs):
        context.progress(done, len(inputs))
        try:
            prompt = each["text"] if "text" in each else read_text(Path(str(each.get("file"))), MEGABYTE)
            if not str(prompt).strip():
                raise DataError(f"{each['name']} is empty: there is nothing to go on from.")
            (text,) = _written(
                context,
                run,
                which,
                answer,
                prompt=prompt,
                count=1,
                length=_LENGTH,
                sampling=Sampling(),
                seed=0,
            )
        except (DataError, OSError) as error:
            found.append({"name": each["name"], "error": str(error)})
        else:
            found.append({"name": each["name"], "text": text, **_unknown(context, run, answer, prompt)})
    return found


def translated_texts(
    context: Context, run: int, which: Which, answer: Answer, data: Data
) -> list[dict[str, Any]]:
    """What the model makes of each sentence that was made ready, the likeliest token each time."""
    source = data.first
    count = source.data.slice_of("given")[1]
    generator = torch.Generator(context.device).manual_seed(0)
    program = context.model(run, which).program
    with apart(program):
        found = translated(
            _scores(context, run, which, answer),
            source.node,
            source.feed,
            sampled(Sampling(), generator),
            split="given",
            shown=count,
            sentences=0,
            length=0,
            width=1,
            once=_once(context, run, which, source.node),
        )
    return [{"text": pair.written} for pair in found.shown]


def _writer(context: Context, run: int, which: Which, name: str) -> Answer:
    data = context.data(run)
    for answer in [context.answer(run, which, name)] if name else context.answers(run, which):
        if len(answer.data) == 1:
            source = data.source(answer.data[0])
            if writes(source, answer) or is_translator(source, answer):
                return answer
    raise JobError(
        "The model writes no text: it has no output that says which token of a text comes next. Only models that were "
        "trained on running text, lines or pairs of sentences do."
    )


def _unknown(context: Context, run: int, answer: Answer, prompt: str) -> dict[str, str]:
    """{"said"}: which signs of a prompt the model never met and does not see; nothing where there are none."""
    source = context.data(run).source(one_node(answer))
    known = source.data.vocabularies.get("tokens")
    if not (signs := lacking(known, prompt)):
        return {}
    return {"said": f"The text of the training has no {signs}: what the model goes on from is without."}


def _written(
    context: Context,
    run: int,
    which: Which,
    answer: Answer,
    *,
    prompt: str,
    count: int,
    length: int,
    sampling: Sampling,
    seed: int,
) -> list[str]:
    node = one_node(answer)
    source = context.data(run).source(node)
    if is_translator(source, answer):
        ready, data = context.ready(run, node, [{"name": "prompt", "text": prompt}])
        if data is None:
            raise DataError(next(iter(ready.errors.values())))
        return [each["text"] for each in translated_texts(context, run, which, answer, data)]
    try:
        with apart(context.model(run, which).program):
            return written(
                _scores(context, run, which, answer),
                node,
                source.feed,
                prompt=prompt,
                count=count,
                length=length,
                sampling=sampling,
                generator=torch.Generator(context.device).manual_seed(seed),
                split="train",
                once=_once(context, run, which, node),
            )
    except ValueError as error:  # scores that are no numbers
        raise JobError(f"Nothing can be written: {error}.") from error


def _scores(
    context: Context, run: int, which: Which, answer: Answer
) -> Callable[[Mapping[str, Tensor]], Tensor]:
    program = context.model(run, which).program

    def scores(batch: Mapping[str, Tensor]) -> Tensor:
        context.progress()
        with torch.no_grad():
            return answer.scores(program, batch)

    return scores


def _once(context: Context, run: int, which: Which, node: str) -> Once:
    """What the model need not work out anew for each token that it writes."""
    model = context.model(run, which)
    return Once(
        untouched(model.program, model.analysis.root, {Port(node, name) for name in ("target", "next")})
    )
