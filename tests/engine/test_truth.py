"""The gradients of templates are those of models written by hand, and the trainer is the loop that one would write.

Everything here is plain PyTorch; only the weights to start from are taken from the program.
"""

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.engine.conftest import Trained
from tests.programs import analysed, batch_of, call, live
from workbench.catalog.templates import load
from workbench.core.assign import assign
from workbench.core.document import Document
from workbench.engine.data import load_sample as load_data


def near(found: Tensor, wanted: Tensor) -> bool:
    return torch.allclose(found, wanted, rtol=1e-6, atol=1e-6)


def with_settings(id: str, **settings: Any) -> Document:
    document = load(id)
    for name, value in settings.items():
        document = assign(document, name.replace("__", "."), value)
    return document


def rate(document: Document, update: int = 0) -> float:
    """The learning rate, which may be tuned; the rest of a template is what it is named after."""
    return float(str(document.training.updates[update].optimizer["lr"]))


# One step of the GAN, by hand.


class Three(nn.Module):
    """Three layers that have the weights of a block of the program."""

    def __init__(self, weights: dict[str, Tensor]) -> None:
        super().__init__()
        shapes = [weights[f"fc{number}.weight"].shape for number in (1, 2, 3)]
        self.fc1, self.fc2, self.fc3 = (nn.Linear(inputs, outputs) for outputs, inputs in shapes)
        self.load_state_dict(weights)


class Judge(Three):
    def forward(self, x: Tensor) -> Tensor:
        x = F.dropout(F.leaky_relu(self.fc1(x.flatten(1)), 0.2), 0.3, self.training)
        x = F.dropout(F.leaky_relu(self.fc2(x), 0.2), 0.3, self.training)
        return self.fc3(x)  # type: ignore[no-any-return]


class Generator(Three):
    def forward(self, z: Tensor) -> Tensor:
        x = F.leaky_relu(self.fc2(F.leaky_relu(self.fc1(z), 0.2)), 0.2)
        return torch.sigmoid(self.fc3(x)).view(-1, 1, 8, 8)


def weights_of(program: nn.Module, part: str) -> dict[str, Tensor]:
    found = program.get_submodule(part).state_dict()
    return {name: value.clone() for name, value in found.items()}


def gradients(module: nn.Module) -> dict[str, Tensor | None]:
    return {name: weight.grad for name, weight in module.named_parameters()}


def test_both_updates_of_the_gan_are_those_of_goodfellow() -> None:
    document = load("gan")
    program = live(document)
    real = batch_of(analysed(document))["digits.image"]
    real = torch.cat([real, torch.rand(13, 1, 8, 8)])
    batch = {"digits.image": real, "digits.label": torch.zeros(len(real), dtype=torch.long)}
    judge = Judge(weights_of(program, "judge"))
    generator = Generator(weights_of(program, "generator"))
    judge_steps = torch.optim.Adam(judge.parameters(), lr=rate(document), betas=(0.5, 0.999))
    generator_steps = torch.optim.Adam(generator.parameters(), lr=rate(document, 1), betas=(0.5, 0.999))
    optimizers = [call(program, f"optimizer_{name}") for name in ("discriminator", "generator")]

    for step in range(3):  # Adam's memory plays a part only after the first
        torch.manual_seed(step)
        losses = call(program, "update_discriminator", batch)
        optimizers[0].zero_grad()
        torch.autograd.backward(losses["discriminator_loss"])
        torch.manual_seed(step)
        fake = generator(torch.randn(len(real), 64)).detach()
        on_real, on_fake = judge(real), judge(fake)
        real_loss = F.binary_cross_entropy_with_logits(on_real, torch.full_like(on_real, 0.9))
        fake_loss = F.binary_cross_entropy_with_logits(on_fake, torch.zeros_like(on_fake))
        judge_steps.zero_grad()
        torch.autograd.backward(real_loss + fake_loss)
        assert near(losses["real_loss"], real_loss) and near(losses["fake_loss"], fake_loss)
        assert near(losses["discriminator_loss"], real_loss + fake_loss)
        wanted = gradients(judge)
        for name, grad in gradients(program.get_submodule("judge")).items():
            theirs = wanted[name]
            assert grad is not None and theirs is not None and near(grad, theirs)
        before = weights_of(program, "generator")
        optimizers[0].step()
        judge_steps.step()
        assert all(
            torch.equal(value, before[name]) for name, value in weights_of(program, "generator").items()
        )
        if step == 0:
            assert all(grad is None for grad in gradients(program.get_submodule("generator")).values())

        torch.manual_seed(100 + step)
        losses = call(program, "update_generator", batch)
        optimizers[1].zero_grad()
        judged = {
            name: grad.clone()
            for name, grad in gradients(program.get_submodule("judge")).items()
            if grad is not None
        }
        torch.autograd.backward(losses["fool_loss"])
        torch.manual_seed(100 + step)
        on_fake = judge(generator(torch.randn(len(real), 64)))
        fool_loss = F.binary_cross_entropy_with_logits(on_fake, torch.ones_like(on_fake))
        generator_steps.zero_grad()
        torch.autograd.backward(fool_loss)
        assert list(losses) == ["fool_loss"] and near(losses["fool_loss"], fool_loss)
        wanted = gradients(generator)
        for name, grad in gradients(program.get_submodule("generator")).items():
            theirs = wanted[name]
            assert grad is not None and theirs is not None and near(grad, theirs)
            assert grad.abs().sum() > 0, "gradient flows through the judge"
        for name, grad in gradients(program.get_submodule("judge")).items():
            assert grad is not None and torch.equal(grad, judged[name]), "but not into it"
        before = weights_of(program, "judge")
        optimizers[1].step()
        generator_steps.step()
        assert all(torch.equal(value, before[name]) for name, value in weights_of(program, "judge").items())
        for part, module in (("judge", judge), ("generator", generator)):
            theirs_now = module.state_dict()
            assert all(near(value, theirs_now[name]) for name, value in weights_of(program, part).items())
    assert all(weight.requires_grad for weight in program.parameters())


def test_the_step_of_the_vae_is_that_of_kingma_and_welling() -> None:
    document = load("vae")
    program = live(document)
    image = torch.rand(17, 1, 8, 8)
    optimizer = call(program, "optimizer_train")
    mine = {name: weight.detach().clone().requires_grad_() for name, weight in program.named_parameters()}
    steps = torch.optim.Adam(mine.values(), lr=rate(document))

    def layer(x: Tensor, name: str) -> Tensor:
        return x @ mine[f"{name}.weight"].T + mine[f"{name}.bias"]

    for step in range(3):
        torch.manual_seed(step)
        losses = call(program, "update_train", {"digits.image": image})
        optimizer.zero_grad()
        torch.autograd.backward(losses["loss"])
        torch.manual_seed(step)
        x = F.interpolate(image, size=(28, 28), mode="bilinear").flatten(1)
        hidden = layer(x, "fc1").relu()
        mean, logvar = layer(hidden, "mean"), layer(hidden, "logvar")
        z = mean + (logvar / 2).exp() * torch.randn_like(mean)
        out = layer(layer(z, "decoder.fc1").relu(), "decoder.fc2")
        probability = torch.sigmoid(out).double()
        bernoulli = -(
            x.double() * probability.log() + (1 - x.double()) * (1 - probability).log()
        ).sum() / len(x)
        divergence = (0.5 * (mean**2 + logvar.exp() - logvar - 1)).sum() / len(x)
        steps.zero_grad()
        torch.autograd.backward(bernoulli + divergence)
        assert math.isclose(losses["reconstruction"].item(), bernoulli.item(), rel_tol=1e-6)
        assert math.isclose(losses["divergence"].item(), divergence.item(), rel_tol=1e-5)
        assert math.isclose(losses["loss"].item(), (bernoulli + divergence).item(), rel_tol=1e-6)
        for name, weight in program.named_parameters():
            grad = mine[name].grad
            assert grad is not None and weight.grad is not None and near(weight.grad, grad), name
        optimizer.step()
        steps.step()


# The trainer's loop.


def hand(program: nn.Module, module: nn.Module) -> nn.Module:
    """The module written by hand with the weights that the program starts from."""
    module.load_state_dict({n: v.clone() for n, v in program.state_dict().items()})
    return module


def examples(dataset: str, split: str) -> dict[str, Tensor]:
    data = load_data(dataset).to("cpu")
    (batch,) = data.batches(split, 10**6, shuffle=False)
    return batch


def order(count: int, seed: int, epoch: int) -> Tensor:
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed * 1_000_003 + epoch))


class LeNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.pad(F.interpolate(x, size=(28, 28), mode="bilinear"), (2, 2, 2, 2))
        x = F.avg_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.avg_pool2d(torch.tanh(self.conv2(x)), 2).flatten(1)
        return self.fc3(torch.tanh(self.fc2(torch.tanh(self.fc1(x)))))  # type: ignore[no-any-return]


def test_two_epochs_of_lenet_are_bit_for_bit_those_of_a_plain_loop(trained: Trained) -> None:
    document = with_settings("lenet5", training__epochs=2, training__batch_size=128, training__seed=5)
    run = trained.run(document)
    assert run.state == "completed", run.cause
    model = hand(live(document, seed=5), LeNet())
    optimizer = torch.optim.Adam(model.parameters(), lr=rate(document))
    data, losses = examples("digits", "train"), []
    for epoch in range(2):
        for index in torch.split(order(len(data["image"]), 5, epoch), 128):
            loss = F.cross_entropy(model(data["image"][index]), data["label"][index])
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            losses.append(loss.item())
    saved = trained.last(run)
    for name, weight in model.state_dict().items():
        assert torch.equal(saved.weights[name], weight), name
    assert [point.value for point in trained.store.points_of(run.id, "train/loss")] == losses
    held = examples("digits", "validation")
    with torch.no_grad():
        said = model(held["image"])
    share = (said.argmax(1) == held["label"]).float().mean().item()
    assert trained.store.points_of(run.id, "validation/accuracy")[-1].value == pytest.approx(share, abs=1e-7)
    mean = F.cross_entropy(said, held["label"]).item()
    assert trained.store.points_of(run.id, "validation/loss")[-1].value == pytest.approx(mean, rel=1e-6)


class Layer(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width, bias=False), nn.LayerNorm(width, bias=False)
        self.attention = nn.MultiheadAttention(width, 4, bias=False, batch_first=True)
        self.expand = nn.Linear(width, 4 * width, bias=False)
        self.project = nn.Linear(4 * width, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        mask = nn.Transformer.generate_square_subsequent_mask(x.size(1))
        inner = self.norm1(x)
        x = x + self.attention(inner, inner, inner, attn_mask=mask, is_causal=True, need_weights=False)[0]
        return x + self.project(F.gelu(self.expand(self.norm2(x))))  # type: ignore[no-any-return]


class Position(nn.Module):
    def __init__(self, length: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(length, width))


class Gpt(nn.Module):
    def __init__(self, width: int, context: int) -> None:
        super().__init__()
        self.embedding, self.position = nn.Embedding(96, width), Position(context, width)
        self.layers = nn.Sequential(*(Layer(width) for _ in range(2)))
        self.norm = nn.LayerNorm(width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.embedding(x) + self.position.weight[: x.size(1)]
        return F.linear(self.norm(self.layers(x)), self.embedding.weight)


def test_steps_of_a_transformer_with_clipping_and_a_schedule(trained: Trained) -> None:
    document = with_settings(
        "char-gpt", width=32, context=16, depth=2, training__steps=7, training__batch_size=8
    )
    small = replace(document.graph.nodes["samples"], params={"length": 3, "prompt": "The "})
    document = document.with_graph(
        "", replace(document.graph, nodes={**document.graph.nodes, "samples": small})
    )
    run = trained.run(document)
    assert run.state == "completed", run.cause
    model = hand(live(document), Gpt(32, 16))
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate(document), betas=(0.9, 0.99), weight_decay=0.1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=rate(document), total_steps=7, pct_start=0.05
    )
    data = load_data("reference-text")
    start, size = data.slice_of("train")
    stream = data.tensors["tokens"][start : start + size]
    count = (size - 16) // 16
    generator = torch.Generator().manual_seed(0)
    offset = int(torch.randint(min(15, size - 1 - count * 16) + 1, (), generator=generator))
    windows = torch.randperm(count, generator=generator)
    losses = []
    for index in torch.split(windows, 8)[:7]:
        tokens = torch.stack([stream[offset + 16 * i : offset + 16 * i + 16] for i in index.tolist()])
        following = torch.stack([stream[offset + 16 * i + 1 : offset + 16 * i + 17] for i in index.tolist()])
        loss = F.cross_entropy(model(tokens).flatten(0, 1), following.flatten())
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    assert [point.value for point in trained.store.points_of(run.id, "train/loss")] == losses
    saved = trained.last(run)
    for name, weight in model.state_dict().items():
        assert torch.equal(saved.weights[name], weight), name


def test_epochs_of_a_graph_network_with_dropout(trained: Trained) -> None:
    import torch_geometric.nn as gnn

    document = with_settings("gcn", training__epochs=12)
    run = trained.run(document)
    assert run.state == "completed", run.cause

    class Gcn(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gcn1, self.gcn2 = gnn.GCNConv(34, 16), gnn.GCNConv(16, 2)

        def forward(self, x: Tensor, edges: Tensor) -> Tensor:
            x = F.relu(self.gcn1(F.dropout(x, 0.5, self.training), edges))
            return self.gcn2(F.dropout(x, 0.5, self.training), edges)  # type: ignore[no-any-return]

    model = Gcn()
    hand(live(document), model)  # after this the random numbers are those with which training begins
    optimizer = torch.optim.Adam(model.parameters(), lr=rate(document), weight_decay=0.0005)
    data, losses = examples("karate", "train"), []
    for _ in range(12):
        said = model(data["x"], data["edges"])
        loss = F.cross_entropy(said, data["label"], ignore_index=-100)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        losses.append(loss.item())
    assert [p.value for p in trained.store.points_of(run.id, "train/loss")] == losses
    saved = trained.last(run)
    for name, weight in model.state_dict().items():
        assert torch.equal(saved.weights[name], weight), name
