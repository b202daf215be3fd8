"""char-gpt: 808,064 learnable parameters.

A small GPT-2 (Radford et al., 2019) that writes character by character, as large
and trained as long as nanoGPT's setting for a CPU: four pre-norm layers without
biases, and a head that shares the vectors of the characters.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def weighted(mean: Tensor, count: Tensor | int) -> Tensor:
    """A mean over `count` entries as a sum that adds up over batches."""
    return torch.stack([mean.detach() * count, torch.zeros_like(mean) + count])


def average(total: Tensor) -> float:
    """The mean of what `weighted` summed up."""
    return (total[0] / total[1]).item() if total[1] else 0.0


class Perplexity(nn.Module):
    """Exponential of the mean cross-entropy; targets of -100 do not count."""

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        if input.dim() == 3:
            input, target = input.flatten(0, 1), target.flatten()
        loss = F.cross_entropy(input.float(), target, reduction="sum")
        return torch.stack((loss, (target != -100).sum().to(loss)))

    def value(self, total: torch.Tensor) -> torch.Tensor:
        return (total[0] / total[1]).exp()


class PositionEmbedding(nn.Module):
    """Adds a learned vector for each position to a sequence N×L×F."""

    def __init__(self, features: int, max_length: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(max_length, features) * 0.02)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.size(1) > len(self.weight):
            most = len(self.weight)
            raise ValueError(f"{x.size(1)} steps, but max_length is {most}")
        return x + self.weight[: x.size(1)]


class TiedLinear(nn.Module):
    """Scores of tokens by weights that another layer owns: V×F."""

    def __init__(self, out_features: int, bias: bool = False) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else None

    def forward(self, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        return F.linear(x, weight, self.bias)


class Layer(nn.Module):
    """Block Layer: x → y."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(normalized_shape=128, bias=False)
        self.attention = nn.MultiheadAttention(
            embed_dim=128, num_heads=4, bias=False, batch_first=True
        )
        nn.init.normal_(self.attention.in_proj_weight, std=0.02)
        nn.init.normal_(self.attention.out_proj.weight, std=0.02)
        self.drop1 = nn.Dropout(p=0.0)
        self.norm2 = nn.LayerNorm(normalized_shape=128, bias=False)
        self.expand = nn.Linear(in_features=128, out_features=512, bias=False)
        nn.init.normal_(self.expand.weight, std=0.02)
        self.gelu = nn.GELU()
        self.project = nn.Linear(in_features=512, out_features=128, bias=False)
        nn.init.normal_(self.project.weight, std=0.0070710678118654745)
        self.drop2 = nn.Dropout(p=0.0)

    def forward(self, x: Tensor) -> Tensor:
        norm1 = self.norm1(x)
        _mask = nn.Transformer.generate_square_subsequent_mask(
            norm1.size(1), device=norm1.device
        )
        attention, _ = self.attention(
            norm1, norm1, norm1, attn_mask=_mask, is_causal=True, need_weights=False
        )
        drop1 = self.drop1(attention)
        add1 = x + drop1
        norm2 = self.norm2(add1)
        expand = self.expand(norm2)
        gelu = self.gelu(expand)
        project = self.project(gelu)
        drop2 = self.drop2(project)
        add2 = add1 + drop2
        return add2


class Program(nn.Module):
    """The model and its training step, as drawn."""

    # The updates of a step in their order: name, every how many steps, gradient clipping.
    UPDATES = (("train", 1, 1.0),)

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(num_embeddings=96, embedding_dim=128)
        nn.init.normal_(self.embedding.weight, std=0.02)
        self.position = PositionEmbedding(features=128, max_length=64)
        self.layers = nn.Sequential(*(Layer() for _ in range(4)))
        self.norm = nn.LayerNorm(normalized_shape=128, bias=False)
        self.head = TiedLinear(out_features=96)
        self.loss = nn.CrossEntropyLoss()
        self.perplexity = Perplexity()

    def forward(self, text_tokens: Tensor) -> Tensor:
        embedding_y = self.embedding(text_tokens)
        embedding_weight = self.embedding.weight
        position = self.position(embedding_y)  # N×64×128
        layers = self.layers(position)  # N×64×128
        norm = self.norm(layers)  # N×64×128
        head = self.head(norm, embedding_weight)  # N×64×96
        return head

    def update_train(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises loss; trains everything."""
        head = self(batch["text.tokens"])
        loss = self.loss(head.flatten(0, 1), batch["text.next"].flatten(0, 1))
        loss = loss.where((batch["text.next"] != -100).any(), 0.0)
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Sums over a batch; add them up and give them to `summarise`."""
        head = self(batch["text.tokens"])
        loss = self.loss(head.flatten(0, 1), batch["text.next"].flatten(0, 1))
        loss = loss.where((batch["text.next"] != -100).any(), 0.0)
        perplexity = self.perplexity(head, batch["text.next"])
        count = (batch["text.next"] != -100).sum()
        return {"loss": weighted(loss, count), "perplexity": perplexity}

    def summarise(self, totals: dict[str, Tensor]) -> dict[str, float]:
        """Losses and metrics from summed states."""
        return {
            "loss": average(totals["loss"]),
            "perplexity": self.perplexity.value(totals["perplexity"]).item(),
        }

    @torch.no_grad()
    def probe_samples(self, batch: dict[str, Tensor]) -> Tensor:
        """What this probe looks at."""
        head = self(batch["text.tokens"])
        return head

    def optimizer_train(self) -> torch.optim.Optimizer:
        return torch.optim.AdamW(
            self.parameters(), lr=0.003, weight_decay=0.1, betas=(0.9, 0.99)
        )

    def schedule_train(
        self, optimizer: torch.optim.Optimizer, steps: int, epoch_steps: int
    ) -> torch.optim.lr_scheduler.LRScheduler:
        return torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=0.003, total_steps=steps, pct_start=0.05
        )
