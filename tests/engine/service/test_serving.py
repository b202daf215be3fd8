"""Requests and answers: progress, stopping, what goes wrong, and the process itself as the command line asks it."""

import io
import json
from dataclasses import replace
from typing import Any

import pytest
import torch
from PIL import Image

from tests.engine.service.conftest import Workplace
from tests.engine.service.test_evaluating import FLOWERS
from workbench.cli.entry import run as command
from workbench.core.errors import JobError
from workbench.engine.service.asked import Stopped
from workbench.engine.service.generating import is_translator
from workbench.engine.service.serving import Requests, Service
from workbench.jobs import service as asking

DIGITS = """
    data Dataset dataset=digits
    flat Flatten < data.image
    fc Linear out_features=10 < flat
    loss CrossEntropyLoss < fc data.label
"""
LETTERS = """
    data Dataset dataset=reference-text length=8
    words Embedding embedding_dim=8 num_embeddings='= vocabulary' < data.tokens
    reader LSTM hidden_size=8 < words
    head Linear out_features='= vocabulary' < reader
    loss CrossEntropyLoss < head data.next
"""
PAINTER = """
    data Dataset dataset=digits
    noise Noise size=6
    paint Linear out_features=64 < noise
    image Reshape shape=[1,8,8] < paint
    drawn Images < image
    flat Flatten < data.image
    fc Linear out_features=10 < flat
    loss CrossEntropyLoss < fc data.label
"""


def test_progress_comes_before_the_answer_and_a_cancelled_request_is_stopped(place: Workplace) -> None:
    run = place.train("flowers", FLOWERS, epochs=4)
    lines = [
        {"cancel": 2},
        {"id": 1, "do": "about", "run": run},
        {"id": 2, "do": "evaluate", "run": run},
        {"id": 3, "do": "fly", "run": run},
        {"id": 4, "do": "about"},
    ]
    said: list[dict[str, Any]] = []
    requests = Requests(io.StringIO("nonsense\n" + "".join(json.dumps(each) + "\n" for each in lines)))
    Service(place.context, requests, lambda each: said.append(dict(each))).serve()
    answers = {each["id"]: each for each in said}
    assert "result" in answers[1] and answers[2]["error"] == "Stopped."
    assert "does not know “fly”; it knows about" in answers[3]["error"]
    assert "does not say which run" in answers[4]["error"] and "error" in answers[None]


def test_many_pictures_are_stopped_in_between(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    run = place.train("digits", DIGITS, steps=5)
    folder = place.folder / "many"
    folder.mkdir()
    first = folder / "0000.png"
    Image.new("L", (8, 8), 120).save(first)
    for number in range(1, 400):
        (folder / f"{number:04}.png").hardlink_to(first)
    told: list[tuple[int, int]] = []

    def tell(done: int, of: int) -> None:
        told.append((done, of))
        if done >= 128:
            raise Stopped

    monkeypatch.setattr(place.service, "_progress", lambda id: tell)
    assert place.refused("predict", run, inputs={"files": [str(folder)]}) == "Stopped."
    assert [each for each in told if each[1]] == [(0, 400), (64, 400), (128, 400)]


def test_what_is_gone_or_damaged_is_told_and_the_service_goes_on(place: Workplace) -> None:
    store = place.store
    run = place.train("digits", DIGITS, steps=5)
    assert "There is no run 999" in place.refused("about", 999)
    (best,) = [each for each in store.checkpoints(run) if each.kind == "best"]
    file = store.file(best.path)
    content = file.read_bytes()
    try:
        file.unlink()
        assert f"The best weights of run {run} are gone" in place.refused("evaluate", run)
        place.context.forget()
        file.write_bytes(content[:100] + b"x" + content[101:])
        assert "is damaged: its content is not what was written" in place.refused("evaluate", run)
    finally:
        file.write_bytes(content)
    assert place.ask("evaluate", run)["count"] == 359


def test_a_model_goes_on_from_a_prompt_the_same_for_the_same_seed(place: Workplace) -> None:
    run = place.train("letters", LETTERS, steps=20)
    about = place.ask("about", run)
    assert {"generate", "type", "predict", "evaluate"} <= set(about["can"])
    assert about["said"].startswith("Best weights, epoch ")
    wish = {"prompt": "The ", "length": 30, "temperature": 1.0}
    one, other = (place.ask("generate", run, seed=3, **wish)["text"] for _ in range(2))
    assert one == other and one.startswith("The ") and len(one) == 34
    assert place.ask("generate", run, seed=4, **wish)["text"] != one
    sure = place.ask("generate", run, seed=3, **{**wish, "temperature": 0})["text"]
    assert sure == place.ask("generate", run, seed=3, **{**wish, "top_k": 1})["text"]
    (told,) = place.ask("predict", run, inputs={"text": "The "})["items"]
    assert told["text"].startswith(sure) and "said" not in told
    (strange,) = place.ask("predict", run, inputs={"text": "The …→… end"})["items"]
    assert strange["said"].startswith("The text of the training has no “…”, “→”: ")
    assert "has no “→”: " in place.ask("generate", run, seed=3, **{**wish, "prompt": "The →"})["said"]
    assert "“top_p” is a number from 0 to 1" in place.refused("generate", run, top_p=2)
    figures = place.ask("evaluate", run, split="validation")
    assert figures["of"] == "tokens" and figures["classes"][:2] != ["0", "1"]
    flowers = place.train("flowers", FLOWERS, epochs=4)
    assert "writes no text" in place.refused("generate", flowers)
    assert not is_translator(place.context.data(flowers).first, place.context.answer(flowers))


def test_a_sample_of_a_running_text_is_shown_as_the_model_reads_it(place: Workplace) -> None:
    run = place.train("letters", LETTERS, steps=20)
    data = place.context.data(run)
    vocabulary = data.first.data.vocabularies["tokens"]
    for split, count in data.splits.items():
        for row in place.ask("samples", run, split=split, indices=[0, 3, count - 1])["items"]:
            (read,) = data.batch(split, [row["index"]])["data.tokens"].tolist()
            (part,) = row["item"]["parts"]
            assert part["text"] == vocabulary.decode(read) and len(part["tokens"]) == 8


def test_of_a_text_shorter_than_a_window_all_that_is_read_is_shown(
    place: Workplace,
) -> None:
    source = place.context.data(place.train("letters", LETTERS, steps=20)).first
    long = replace(source, feed=replace(source.feed, length=100_000))
    read = long.data.at("test", torch.tensor([0]), length=100_000)["tokens"][0]
    assert len(long.shown("test", 0)["parts"][0]["tokens"]) == len(read)


def test_pictures_are_made_of_noise(place: Workplace) -> None:
    run = place.train("painter", PAINTER, steps=2)
    assert "generate_pictures" in place.ask("about", run)["can"]
    found = place.ask("generate_pictures", run, count=3, seed=5)["pictures"]
    assert [(each["width"], each["height"]) for each in found] == [(8, 8)] * 3
    assert found == place.ask("generate_pictures", run, count=3, seed=5)["pictures"]
    assert found != place.ask("generate_pictures", run, count=3, seed=6)["pictures"]
    digits = place.train("digits", DIGITS, steps=5)
    assert "makes no pictures from noise" in place.refused("generate_pictures", digits)


def test_an_answer_that_needs_what_no_file_has_says_so(place: Workplace) -> None:
    text = f"{DIGITS}\n    told Embedding embedding_dim=10 num_embeddings=10 < data.label\n"
    text = text.replace("loss CrossEntropyLoss < fc data.label", "")
    run = place.train(
        "told", f"{text}    both Add < fc told\n    loss CrossEntropyLoss < both data.label", steps=2
    )
    drawn = place.folder / "drawn.png"
    Image.new("L", (8, 8), 120).save(drawn)
    said = place.refused("predict", run, inputs={"files": [str(drawn)]})
    assert "also depends on “label” of the dataset" in said


def test_the_command_line_predicts_and_says_when_the_process_is_gone(
    place: Workplace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = place.train("digits", DIGITS, steps=5)
    folder = place.folder / "own"
    folder.mkdir()
    Image.new("L", (8, 8), 120).save(folder / "grey.png")
    (folder / "note.txt").write_text("no picture")
    (folder / "torn.png").write_text("no picture")
    database = ["--workspace", str(place.store.path)]
    arguments = ["predict", str(run), str(folder), *database, "--top", "2"]
    with asking.Service(place.store.path) as service:
        # One process answers the three commands.
        monkeypatch.setattr("workbench.cli.predict.Service", lambda database: _Lent(service))
        assert command([*arguments, "--json"]) == 1, "one of them is no picture"
        found = json.loads(capsys.readouterr().out)
        assert found["output"] == "fc" and len(found["items"][0]["top"]) == 2
        assert found["items"][0]["name"] == str(folder / "grey.png") and "error" in found["items"][1]
        assert command([*arguments[:2], str(folder / "grey.png"), *database, "--csv"]) == 0
        head, row = capsys.readouterr().out.splitlines()
        assert head.startswith("name,class 1,probability 1,class 2") and row.startswith(
            f"{folder / 'grey.png'},"
        )
        assert command([*arguments, "--text", "a cat"]) == 1
        lines = capsys.readouterr().out.splitlines()
        assert lines[3] == "note: 1 file of another kind in the folder left out."
        assert lines[1].endswith("torn.png is no picture that can be read.") and "%" in lines[0]
        assert command(["predict", str(run), "--json", *database]) == 2
        process = service._process
        assert process is not None
        process.kill()
        process.wait()
        monkeypatch.setattr(service, "_started", lambda: process)  # it falls over while it is asked
        with pytest.raises(JobError, match="ended from outside or fell over"):
            service.ask({"do": "about", "run": run})


class _Lent:
    """A service that stays when the command is done with it."""

    def __init__(self, service: asking.Service) -> None:
        self.service = service

    def __enter__(self) -> asking.Service:
        return self.service

    def __exit__(self, *error: object) -> None:
        pass
