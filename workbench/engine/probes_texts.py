"""Probes that let the model write: text samples and translations. Imports torch and what writes."""

from dataclasses import asdict

from workbench.core.document import Port
from workbench.engine.decoding import Sampling
from workbench.engine.feeds import TEST, Feed
from workbench.engine.once import Once, untouched
from workbench.engine.probes_look import Look
from workbench.engine.writing import beamed, lacking, sampled, translated, written


def text_samples(look: Look) -> None:
    """What a language model writes."""
    node, feed = _dataset(look, "next")
    prompt = look.param("prompt")
    if signs := lacking(feed.data.vocabularies.get("tokens"), prompt):
        look.recorder.say_once(
            f"{look.id}: the text of the training has no {signs}, so the samples go on from the prompt without."
        )
    sampling = Sampling(look.param("temperature"), look.param("top_k"), look.param("top_p"))
    texts = written(
        look.scores,
        node,
        feed,
        prompt=prompt,
        count=look.param("count"),
        length=look.param("length"),
        sampling=sampling,
        generator=look.generator(),
        split=look.split,
        once=_once(look, node),
    )
    look.add("text", "\n\n".join(texts).encode())


def translations(look: Look) -> None:
    """Translations of held-back sentences, and their BLEU as a figure."""
    node, feed = _dataset(look, "source", "target")
    generator = look.generator()
    search, width = look.param("search"), 1
    if search == "beam":
        width = look.param("width")
        decode = beamed(width, look.param("penalty"))
    elif search == "sampled":
        sampling = Sampling(look.param("temperature"), look.param("top_k"), look.param("top_p"))
        decode = sampled(sampling, generator)
    else:
        decode = sampled(Sampling(), generator)
    found = translated(
        look.scores,
        node,
        feed,
        decode,
        split=look.split,
        shown=look.param("count"),
        sentences=look.param("sentences"),
        length=look.param("length"),
        width=width,
        once=_once(look, node),
    )
    look.log(found.bleu)
    said = f"BLEU {found.bleu:.2f}"
    look.add_json("translations", {"pairs": [asdict(pair) for pair in found.shown]}, f"{look.split} · {said}")
    if look.split == TEST:
        look.recorder.say(f"Tested {look.id}: {said} of {found.count:,} pairs.")


def _once(look: Look, node: str) -> Once:
    """What the model need not work out anew for each token that it writes."""
    written = {Port(node, name) for name in ("target", "next")}
    return Once(untouched(look.program, look.root, written))


def _dataset(look: Look, *outputs: str) -> tuple[str, Feed]:
    """The first dataset with these outputs. Raises ValueError where there is none."""
    found = next(look.pairs(*outputs), None)
    if found is None:
        what = "pairs of sentences" if "source" in outputs else "texts"
        raise ValueError(f"the model has no dataset of {what}")
    return found
