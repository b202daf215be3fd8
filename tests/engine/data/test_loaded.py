from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from workbench.catalog.schema import OUTSIDE, Schema, graph_outputs, image_outputs, text_outputs
from workbench.core.errors import DataError
from workbench.core.shapes import TensorSpec
from workbench.engine.data import assembled
from workbench.engine.data.graphs import WholeGraph
from workbench.engine.data.items import ItemSet
from workbench.engine.data.loaded import Loaded, epoch_generator
from workbench.engine.data.sequences import TokenStream
from workbench.engine.readers.content import Array, Content, opened, write


def unarranged(train: int = 21, validation: int = 5) -> ItemSet:
    items = train + validation
    generator = torch.Generator().manual_seed(1)
    shuffled = torch.randperm(items, generator=generator)
    schema = Schema("toy", "Toy", image_outputs(1, 2, 3, classes=4), {"classes": 4}, "image", items)
    images = torch.randint(0, 256, (items, 1, 2, 3), dtype=torch.uint8, generator=generator)
    content = Content(
        schema,
        {"image": images.numpy(), "label": np.arange(items) % 4},
        {"train": shuffled[:train].numpy(), "validation": shuffled[train:].numpy()},
        divisors={"image": 255},
    )
    return ItemSet.of(content, schema)


def image_set(train: int = 21, validation: int = 5) -> ItemSet:
    return unarranged(train, validation).arranged()


def token_stream(train: int, validation: int = 30) -> TokenStream:
    items = train + validation
    schema = Schema("text", "Text", text_outputs(items), {"vocabulary": items}, "text", items)
    return TokenStream(schema, {"tokens": torch.arange(items)}, {"train": train, "validation": validation})


def whole_graph() -> WholeGraph:
    schema = Schema("graph", "Graph", graph_outputs(2, classes=3), kind="graph", items=6)
    arrays = {
        "x": np.random.default_rng(0).random((6, 2), dtype=np.float32),
        "edges": np.array([[0, 1], [1, 0]]),
        "label": np.array([0, 1, 2, 0, 1, 2]),
    }
    splits = {"train": np.array([4, 0]), "validation": np.array([1]), "test": np.array([3])}
    return WholeGraph.of(Content(schema, arrays, splits, "graph"), schema)


def epoch(
    data: Loaded, split: str, size: int, number: int = 0, *, length: int = 0, skip: int = 0
) -> list[dict[str, Tensor]]:
    generator = epoch_generator(7, number)
    return list(data.batches(split, size, generator=generator, length=length, skip=skip))


def same(a: list[dict[str, Tensor]], b: list[dict[str, Tensor]]) -> bool:
    return len(a) == len(b) and all(
        x.keys() == y.keys() and all(torch.equal(x[name], y[name]) for name in x)
        for x, y in zip(a, b, strict=True)
    )


def test_training_batches_equal_a_hand_written_loop() -> None:
    data = image_set(train=23)
    start, size = data.slice_of("train")
    images = data.tensors["image"][start : start + size].float() / 255
    labels = data.tensors["label"][start : start + size]
    order = torch.randperm(size, generator=torch.Generator().manual_seed(7 * 1_000_003 + 3))
    expected = [{"image": images[i], "label": labels[i]} for i in torch.split(order, 5)]
    assert same(epoch(data, "train", 5, 3), expected)


def test_every_item_comes_once_an_epoch_and_in_another_order_in_the_next() -> None:
    data = image_set(train=20)
    rows = [torch.cat([b["image"] for b in epoch(data, "train", 8, e)]) for e in (0, 1)]
    assert not torch.equal(rows[0], rows[1])
    kept = data.tensors["image"][:20].float() / 255
    for found in rows:
        assert torch.equal(found.flatten(1).sort(0).values, kept.flatten(1).sort(0).values)


def test_an_item_keeps_its_label_and_its_row() -> None:
    data = unarranged()
    for name, index in data.positions.items():
        label = torch.cat([b["label"] for b in data.batches(name, 3, shuffle=False)])
        assert torch.equal(label, index % 4)


@pytest.mark.parametrize("data", [image_set(), token_stream(500)], ids=["images", "text"])
@pytest.mark.parametrize("skip", [0, 1, 3])
def test_an_epoch_resumes_at_any_step(data: Loaded, skip: int) -> None:
    assert same(epoch(data, "train", 5, 2, length=8, skip=skip), epoch(data, "train", 5, 2, length=8)[skip:])


@pytest.mark.parametrize("count", [1, 2, 9, 10, 11, 12, 20, 21])
@pytest.mark.parametrize("size", [1, 2, 10, 64])
def test_the_number_of_steps_is_known_before(count: int, size: int) -> None:
    data = image_set(train=count)
    for shuffle in (True, False):
        batches = list(data.batches("train", size, shuffle=shuffle, generator=epoch_generator(0, 0)))
        assert len(batches) == data.steps_per_epoch("train", size, shuffle=shuffle)
        items = [len(batch["label"]) for batch in batches]
        lone = shuffle and size > 1 and count > size and count % size == 1
        assert sum(items) == (count - 1 if lone else count)
        assert not (shuffle and 1 in items and size > 1 and count > 1)


def test_a_split_in_one_batch_is_not_copied() -> None:
    data = image_set()
    for split in ("train", "validation"):
        (batch,) = data.batches(split, 64, generator=epoch_generator(0, 0))
        start, _ = data.slice_of(split)
        assert batch["label"].data_ptr() == data.tensors["label"][start:].data_ptr()


def test_evaluation_is_always_the_same_and_leaves_nothing_out() -> None:
    data = image_set(validation=5)
    batches = list(data.batches("validation", 4))
    assert [len(batch["label"]) for batch in batches] == [4, 1]
    assert same(batches, list(data.batches("validation", 4)))


def test_outputs_are_picked_and_named() -> None:
    data = image_set()
    batch = next(data.batches("validation", 4, outputs={"label": "toy.label"}))
    assert list(batch) == ["toy.label"]
    assert torch.equal(batch["toy.label"], data.tensors["label"][21:25])


def test_bytes_become_floats_between_zero_and_one() -> None:
    data = image_set()
    image = next(data.batches("validation", 4))["image"]
    assert image.dtype == torch.float32
    assert torch.equal(image, data.tensors["image"][21:25].float() / 255)
    assert data.tensors["image"].dtype == torch.uint8


def test_wrong_use_is_refused() -> None:
    data = image_set()
    with pytest.raises(DataError, match="has no test part; it has train, validation"):
        data.count("test")
    with pytest.raises(DataError, match="batch size must be at least 1"):
        data.steps_per_epoch("train", 0)
    with pytest.raises(ValueError, match="generator"):
        next(data.batches("train", 4))


@pytest.mark.parametrize("tokens", [9, 15, 16, 17, 24, 25, 100, 1000])
def test_training_windows_do_not_overlap_and_move_with_the_epoch(tokens: int) -> None:
    data = token_stream(tokens)
    offsets = set()
    for number in range(40):
        batches = epoch(data, "train", 4, number, length=8)
        windows = torch.cat([batch["tokens"] for batch in batches])
        after = torch.cat([batch["next"] for batch in batches])
        # The stream counts up, so a window and its place in the text are the same numbers.
        assert torch.equal(after, windows + 1)
        assert int(after.max()) < tokens
        assert len(set(windows.flatten().tolist())) == windows.numel()
        assert len(batches) == data.steps_per_epoch("train", 4, length=8)
        offsets.add(int(windows.min()) % 8)
    assert len(offsets) > (1 if tokens > 9 else 0)
    assert tokens < 100 or len(offsets) == 8


def test_text_batches_equal_a_hand_written_loop() -> None:
    data = token_stream(1000)
    generator = torch.Generator().manual_seed(7 * 1_000_003)
    count = (1000 - 16) // 16
    offset = int(torch.randint(16, (), generator=generator))
    order = torch.randperm(count, generator=generator)
    stream = torch.arange(1000)
    expected = [
        {
            "tokens": torch.stack([stream[offset + 16 * i : offset + 16 * i + 16] for i in index.tolist()]),
            "next": torch.stack([stream[offset + 16 * i + 1 : offset + 16 * i + 17] for i in index.tolist()]),
        }
        for index in torch.split(order, 7)
    ]
    if len(expected[-1]["next"]) == 1:
        expected.pop()
    assert same(epoch(data, "train", 7, length=16), expected)


def test_held_back_windows_are_fixed_and_a_short_part_gives_a_short_one() -> None:
    data = token_stream(100, validation=30)
    windows = torch.cat([batch["tokens"] for batch in data.batches("validation", 2, length=8)])
    assert torch.equal(windows, torch.arange(100, 124).view(3, 8))
    (batch,) = data.batches("validation", 2, length=64)
    assert torch.equal(batch["next"], torch.arange(101, 130)[None])


def test_a_window_longer_than_the_text_is_refused() -> None:
    with pytest.raises(DataError, match="100 characters to train on, too few for windows of 128"):
        token_stream(100).steps_per_epoch("train", 4, length=128)
    with pytest.raises(DataError, match="at least 1 token"):
        token_stream(100).steps_per_epoch("train", 4)


def test_a_graph_is_one_batch_and_hides_the_labels_of_other_splits() -> None:
    graph = whole_graph()
    (batch,) = graph.batches("train", 64)
    assert batch["label"].tolist() == [0, OUTSIDE, OUTSIDE, OUTSIDE, 1, OUTSIDE]
    assert batch["x"].data_ptr() == graph.tensors["x"].data_ptr()
    assert next(graph.batches("validation", 1))["label"].tolist() == [OUTSIDE, 1, *[OUTSIDE] * 4]
    assert graph.steps_per_epoch("train", 1) == 1
    assert list(graph.batches("train", 64, skip=1)) == []
    assert list(next(graph.batches("test", 1, outputs={"label": "club.label"}))) == ["club.label"]
    with pytest.raises(DataError, match="no other part"):
        next(graph.batches("other", 1))


@pytest.mark.parametrize("small", [0, 1000])
def test_a_set_on_its_device_gives_the_same_batches(small: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.engine.data.items._SMALL", small)
    data = unarranged()
    moved = data.to("cpu")
    assert moved.tensors["image"].dtype == (torch.float32 if small else torch.uint8)
    assert same(epoch(moved, "train", 5), epoch(data, "train", 5))
    assert same(epoch(moved.to("cpu"), "train", 5), epoch(data, "train", 5))
    assert same(list(moved.batches("validation", 64)), list(data.batches("validation", 64)))


@pytest.mark.parametrize("divisor", [255, 16])
def test_one_thread_and_several_make_the_same_floats_of_bytes(
    divisor: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.engine.data.items._SMALL", 0)
    pixels = np.arange(256, dtype=np.uint8).repeat(3).reshape(-1, 1, 2, 2)
    content = Content(
        Schema("toy", "Toy", image_outputs(1, 2, 2, classes=4), {"classes": 4}, "image", len(pixels)),
        {"image": pixels, "label": np.zeros(len(pixels), dtype=np.int64)},
        {"train": np.arange(len(pixels))},
        divisors={"image": divisor},
    )
    data = assembled(content).to("cpu")
    epochs = []
    for threads in (1, 2):
        monkeypatch.setattr("torch.get_num_threads", lambda threads=threads: threads)
        epochs.append(epoch(data, "train", 10) + list(data.batches("train", 200, shuffle=False)))
    assert same(*epochs)
    whole = epochs[0][-1]["image"]
    assert whole.dtype == torch.float32 and torch.equal(whole, torch.from_numpy(pixels).float() / divisor)
    whole.zero_()  # it belongs to whoever took it
    assert torch.equal(next(data.batches("train", 200, shuffle=False))["image"], epochs[1][-1]["image"])


def test_moving_to_the_device_it_is_on_copies_nothing() -> None:
    for data in (image_set().to("cpu"), token_stream(50), whole_graph()):
        moved = data.to("cpu")
        assert type(moved) is type(data)
        assert all(moved.tensors[name].data_ptr() == data.tensors[name].data_ptr() for name in data.tensors)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_batches_on_a_gpu_equal_those_on_the_cpu() -> None:
    for data in (image_set(), token_stream(500), whole_graph()):
        there = epoch(data.to("cuda"), "train", 5, length=8)
        assert all(tensor.is_cuda for batch in there for tensor in batch.values())
        here = [{name: tensor.cpu() for name, tensor in batch.items()} for batch in there]
        assert len(here) == len(there)
        for batch, expected in zip(here, epoch(data, "train", 5, length=8), strict=True):
            for name in expected:
                torch.testing.assert_close(batch[name], expected[name])


def test_a_set_without_room_on_the_device_gives_the_same_batches_from_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = unarranged()
    arrays = {name: tensor.numpy() for name, tensor in data.tensors.items()}
    splits = {name: index.numpy() for name, index in data.positions.items()}
    write(Content(data.schema, arrays, splits, divisors=data.divisors), tmp_path)
    mapped = assembled(opened(tmp_path))
    assert isinstance(mapped, ItemSet)
    monkeypatch.setattr("workbench.engine.data.items._room", lambda device: 0)
    far = mapped.to("cpu")
    assert far.positions and not far.tensors["image"].is_floating_point()
    for split in data.sizes:
        assert same(epoch(far, split, 5), epoch(data.arranged(), split, 5))


def test_a_set_whose_parts_stand_in_order_in_its_files_is_not_copied(tmp_path: Path) -> None:
    data = unarranged()
    arrays = {name: tensor.numpy() for name, tensor in data.arranged().tensors.items()}
    splits = {"train": np.arange(2, 20), "validation": np.arange(20, 26)}
    write(Content(data.schema, arrays, splits), tmp_path)
    mapped = assembled(opened(tmp_path))
    assert isinstance(mapped, ItemSet)
    moved = mapped.to("cpu")
    for name, tensor in mapped.tensors.items():
        assert moved.tensors[name].data_ptr() == tensor[2:].data_ptr()
    for split in splits:
        assert same(epoch(moved, split, 5), epoch(mapped, split, 5))
    next(moved.batches("validation", 64))["label"].zero_()  # what is a view of the file can be written to ...
    assert opened(tmp_path).arrays["label"].any()  # ... and leaves the file as it is


def test_windows_of_a_series() -> None:
    schema = Schema(
        "s", "S", {"x": TensorSpec(("N", 4, 2)), "y": TensorSpec(("N", 3, 1))}, kind="table", items=20
    )
    x = np.arange(40, dtype=np.float32).reshape(20, 2)
    y = np.arange(100, 120, dtype=np.float32)[:, None]
    splits = {"train": np.arange(8), "validation": np.array([9, 11, 13])}
    data = assembled(Content(schema, {"x": x, "y": y}, splits, "windows", window=4, horizon=3))
    (batch,) = data.batches("validation", 8, shuffle=False)
    assert torch.equal(batch["x"][1], torch.from_numpy(x[11:15]))
    assert torch.equal(batch["y"][2], torch.from_numpy(y[17:20]))
    assert sum(len(b["x"]) for b in epoch(data, "train", 3)) == 8


def test_graphs_lie_side_by_side_in_a_batch() -> None:
    schema = Schema(
        "g", "G",
        {"x": TensorSpec(("V", 1)), "edges": TensorSpec((2, "E"), "index"), "graph": TensorSpec(("V",), "index"),
         "label": TensorSpec(("N",), "index", 2)},
        kind="graph", items=3,
    )  # fmt: skip
    arrays = {
        "x": np.arange(6, dtype=np.float32)[:, None],
        "edges": np.array([[0, 1, 0, 0, 1, 2], [1, 0, 0, 1, 2, 0]]),
        "nodes": np.array([0, 2, 3, 6]),
        "links": np.array([0, 2, 3, 6]),
        "label": np.array([0, 1, 1]),
    }
    data = assembled(Content(schema, arrays, {"train": np.array([2, 0]), "test": np.array([1])}, "graphs"))
    (batch,) = data.batches("train", 4, shuffle=False)
    assert batch["x"].flatten().tolist() == [3, 4, 5, 0, 1] and batch["graph"].tolist() == [0, 0, 0, 1, 1]
    assert batch["edges"].tolist() == [[0, 1, 2, 3, 4], [1, 2, 0, 4, 3]] and batch["label"].tolist() == [1, 0]
    (single,) = data.batches("test", 4, shuffle=False)
    assert single["edges"].tolist() == [[0], [0]] and single["x"].tolist() == [[2.0]]


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32])
def test_what_is_kept_in_fewer_bits_is_whole_in_a_batch(dtype: type) -> None:
    schema = Schema(
        "m",
        "M",
        {
            "volume": TensorSpec(("N", 1, 2, 2, 2), "float"),
            "mask": TensorSpec(("N", 2, 2, 2), "index", 3),
        },
        kind="volume",
        items=4,
    )
    volume = np.linspace(-1, 1, 32).reshape(4, 1, 2, 2, 2).astype(np.float16)
    mask: Array = np.full((4, 2, 2, 2), OUTSIDE, dtype=dtype)
    data = assembled(Content(schema, {"volume": volume, "mask": mask}, {"train": np.arange(4)}))
    (batch,) = data.batches("train", 4, shuffle=False)
    assert (batch["volume"].dtype, batch["mask"].dtype) == (torch.float32, torch.int64)
    assert torch.equal(batch["volume"], torch.from_numpy(volume).float())
    assert set(batch["mask"].flatten().tolist()) == {OUTSIDE}
