"""Parts of attention to put together one's own: the weighted mean itself, and positions that act on queries, keys and
scores. Imports catalog.spec, weights, padding and core.
"""

from math import prod

from workbench.catalog import expect
from workbench.catalog.forms import param
from workbench.catalog.nodes.attention import check_mask
from workbench.catalog.padding import check_length
from workbench.catalog.spec import Call, NodeType, Open, example, known, node
from workbench.catalog.weights import Weighted
from workbench.core.errors import ShapeError
from workbench.core.shapes import Dim, TensorSpec, same_dim

_HEADS = "How many heads share the features; 1 where heads are a dimension of their own."


@node(
    "Scaled dot-product attention",
    "ScaledDotProductAttention",
    family="layer",
    inputs=("query", "key", "value", "length", "mask"),
    optional=("length", "mask"),
    aliases=("attention", "luong", "dot product", "softmax", "self-attention", "causal", "heads", "flash"),
    source='''\
class ScaledDotProductAttention(nn.Module):
    """A weighted mean of values N×S×E (or N×H×S×E), by how well each key fits the query.

    `length` says how many keys of each example count. `mask` must spread over N×H×L×S:
    numbers are added to the scores, and False forbids.
    """

    def __init__(
        self,
        num_heads: int = 1,
        dropout_p: float = 0.0,
        is_causal: bool = False,
        scale: float | None = None,
        need_weights: bool = False,
    ) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.dropout_p = dropout_p
        self.is_causal = is_causal
        self.scale = scale
        self.need_weights = need_weights

    def forward(
        self,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        length: torch.Tensor | None = None,
        mask: torch.Tensor | None = None,
    ) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        joined = query.dim() == 3
        if joined:
            query, key, value = (self.heads(x) for x in (query, key, value))
        mask = self.bias(query, key, length, mask)
        causal = self.is_causal and mask is None
        dropout = self.dropout_p if self.training else 0.0
        weights = None
        if self.need_weights:
            scale = query.size(-1) ** -0.5 if self.scale is None else self.scale
            scores = query @ key.transpose(-2, -1) * scale
            weights = (scores if mask is None else scores + mask).softmax(-1)
            y = F.dropout(weights, dropout) @ value
        else:
            y = F.scaled_dot_product_attention(
                query, key, value, mask, dropout, causal, scale=self.scale
            )
        y = y.transpose(1, 2).flatten(2) if joined else y
        return y if weights is None else (y, weights)

    def heads(self, x: torch.Tensor) -> torch.Tensor:
        return x.unflatten(2, (self.num_heads, -1)).transpose(1, 2)

    def bias(
        self,
        query: torch.Tensor,
        key: torch.Tensor,
        length: torch.Tensor | None,
        mask: torch.Tensor | None,
    ) -> torch.Tensor | None:
        # All that is added to the scores; None for nothing.
        if mask is not None and mask.dtype == torch.bool:
            mask = torch.where(mask, 0.0, torch.finfo(query.dtype).min / 2)
        alone = mask is None and length is None and not self.need_weights
        if self.is_causal and not alone:
            size = query.size(-2)
            later = torch.full((size, size), -torch.inf, device=query.device).triu(1)
            mask = later if mask is None else mask + later
        if length is not None:
            steps = torch.arange(key.size(-2), device=key.device)
            padding = steps >= length.clamp(min=1).view(-1, 1, 1, 1)
            beyond = torch.where(padding, -torch.inf, 0.0)
            mask = beyond if mask is None else mask + beyond
        return None if mask is None else mask.to(query.dtype)
''',
    examples=(
        example(("N", "L", 8), ("N", "S", 8), ("N", "S", 6), num_heads=2),
        example(("N", 4, 5, 8), ("N", 4, 5, 8), ("N", 4, 5, 8), is_causal=True, scale=1.0),
        example(
            ("N", "L", 8), ("N", "S", 8), ("N", "S", 8), TensorSpec(("N",), "index", 6), ("N", "L", "S"),
            num_heads=4, dropout_p=0.2,
        ),
        example(
            ("N", 5, 8), ("N", 5, 8), ("N", 5, 8), (4, 5, 5), linked=("query", "key", "value", "mask"),
            num_heads=4, is_causal=True, need_weights=True,
        ),
        example(("N", 5, 8), ("N", 6, 8), ("N", 6, 8), (5, 6), linked=("query", "key", "value", "mask")),
        example(
            ("N", 5, 8), ("N", 6, 8), ("N", 6, 8), ("N", 2, 5, 6), linked=("query", "key", "value", "mask"),
            num_heads=2,
        ),
    ),
)  # fmt: skip
class ScaledDotProductAttention(Open):
    """Takes a weighted mean of the values; a value weighs the more, the better its key fits the query.

    **Formula** y = softmax(scale · Q Kᵀ + mask) V in each head; scale = 1 / √d unless it is set

    **Shapes** query N×L×F, key N×S×F, value N×S×E → y N×L×E, with need_weights also weights N×heads×L×S; heads may be
    a dimension of their own: N×H×L×F. length N: how many keys count. mask L×S, heads×L×S, N×L×S or N×heads×L×S.
    Nothing to learn.

    **Use when** queries, keys and values come of layers that you draw yourself: other widths, positions that turn
    them (RotaryEmbedding), a bias of relative positions, or attention over what an encoder found.

    **Alternatives** MultiheadAttention, which has the layers in it.

    **Reference** Vaswani et al. 2017, Attention is all you need; torch.nn.functional.scaled_dot_product_attention.
    """

    num_heads: int = param(1, _HEADS, min=1, max=100_000)
    dropout_p: float = param(
        0.0, "Share of the attention weights that become zero in training.", min=0, max=1, label="Dropout"
    )
    is_causal: bool = param(False, "Each position sees only itself and what came before.", label="Causal")
    scale: float | None = param(None, "Multiplies the scores; empty: 1 / √ of the features of a head.")
    need_weights: bool = param(False, "Give out how much each position looks at each: an attention map.")

    def output_ports(self) -> tuple[str, ...]:
        return ("y", "weights") if self.need_weights else ("y",)

    def infer(self, *specs: TensorSpec) -> TensorSpec | tuple[TensorSpec, ...]:
        named = self.named(specs)
        query, key, value = named["query"], named["key"], named["value"]
        for name in ("query", "key", "value"):
            _heads(named[name], self.num_heads, name)
        for port, spec in (("key", key), ("value", value)):
            if spec.shape[:-2] != query.shape[:-2]:
                raise ShapeError(f"expects it to go with the query, {query}, got {spec}", port)
        if key.shape[-1] != query.shape[-1]:
            raise ShapeError(
                f"expects as many features as the query has, {query.shape[-1]}, got {key}",
                "key",
                insert="Linear" if key.rank == 3 else "",
                fields={"out_features": known(query.shape[-1])},
            )
        if not same_dim(key.shape[-2], value.shape[-2]):
            raise ShapeError(f"expects as many steps as the key has, {key.shape[-2]}, got {value}", "value")
        if self.is_causal and not same_dim(query.shape[-2], key.shape[-2]):
            raise ShapeError(
                f"causal needs query and key of one length, got {query} and {key}",
                "key",
                change=("is_causal", False),
            )
        heads: Dim = self.num_heads if query.rank == 3 else query.shape[1]
        if "length" in named:
            check_length(named["length"], key, "key")
        if "mask" in named:
            check_mask(named["mask"], known(heads), query, key)
        y = query.with_shape(*query.shape[:-1], value.shape[-1])
        weights = query.with_shape(query.shape[0], heads, query.shape[-2], key.shape[-2])
        return (y, weights) if self.need_weights else y

    def operations(self, *specs: TensorSpec) -> int:
        query, key, value = specs[:3]
        pairs = prod(known(dim) for dim in query.shape[1:-1]) * known(key.shape[-2])
        return pairs * (known(query.shape[-1]) + known(value.shape[-1]))

    def forward(self, call: Call) -> list[str]:
        named, specs = self.named(call.inputs), self.named(call.specs)
        query = specs["query"]
        inputs = [named["query"], named["key"], named["value"]]
        if "length" in named:
            inputs.append(named["length"])
        if "mask" in named:
            each = specs["mask"].rank == 3 and specs["mask"].shape[0] == query.shape[0]
            mask = f"{named['mask']}.unsqueeze(1)" if each else named["mask"]
            inputs.append(mask if "length" in named else f"mask={mask}")
        return [f"{', '.join(call.outputs)} = {call.module}({', '.join(inputs)})"]

    def summary(self) -> str:
        heads = f"{self.num_heads} heads" if self.num_heads > 1 else "one head"
        return heads + (" · causal" if self.is_causal else "")


@node(
    "Rotary positions",
    "RotaryEmbedding",
    family="layer",
    aliases=("rope", "rotation", "llama", "position", "relative"),
    source='''\
class RotaryEmbedding(nn.Module):
    """Turns pairs of features by an angle that grows with the position: N×L×F or N×H×L×F."""

    def __init__(
        self, num_heads: int = 1, base: float = 10000.0, interleaved: bool = True
    ) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.base = base
        self.interleaved = interleaved

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        joined = x.dim() == 3
        if joined:
            x = x.unflatten(2, (self.num_heads, -1)).transpose(1, 2)
        pairs = torch.arange(x.size(-1) // 2, device=x.device)
        rate = self.base ** (-2.0 * pairs / x.size(-1))
        angle = torch.arange(x.size(-2), device=x.device).unsqueeze(1) * rate
        sine, cosine = angle.sin().to(x.dtype), angle.cos().to(x.dtype)
        a, b = (x[..., 0::2], x[..., 1::2]) if self.interleaved else x.chunk(2, -1)
        turned = (a * cosine - b * sine, a * sine + b * cosine)
        neighbours = torch.stack(turned, -1).flatten(-2)
        y = neighbours if self.interleaved else torch.cat(turned, -1)
        return y.transpose(1, 2).flatten(2) if joined else y
''',
    examples=(
        example(("N", "L", 8), num_heads=2),
        example(("N", 3, "L", 6), base=500.0, interleaved=False),
    ),
)
class RotaryEmbedding(NodeType):
    """Tells attention how far two steps are apart, by turning queries and keys by an angle for each position.

    **Formula** (y_2k, y_2k+1) = (x_2k, x_2k+1) turned by t · base^(−2k / d) at step t, in each head of d features

    **Shapes** x N×L×F (or N×H×L×F) → y the same. Nothing to learn.

    **Use when** attention follows: one in front of `query`, one in front of `key` of a ScaledDotProductAttention with
    as many heads. The value stays as it is (GPT-NeoX, LLaMA).

    **Alternatives** PositionalEncoding and PositionEmbedding, which are added to the sequence once.

    **Reference** Su et al. 2021, RoFormer: enhanced transformer with rotary position embedding.
    """

    num_heads: int = param(1, _HEADS, min=1, max=100_000)
    base: float = param(10000.0, "How slowly the last pair turns; larger for long sequences.", min=1)
    interleaved: bool = param(
        True, "Pairs are neighbours, as published; off: a feature and one of the other half."
    )

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        width = _heads(x, self.num_heads, "x")
        if width % 2:
            raise ShapeError(f"turns pairs, so a head needs an even number of features, not {width}", "x")
        return x

    def summary(self) -> str:
        return "angles" if self.num_heads == 1 else f"angles · {self.num_heads} heads"


@node(
    "Relative position bias",
    "RelativePositionBias",
    family="layer",
    inputs=("query", "key"),
    optional=("key",),
    aliases=("t5", "distance", "buckets", "relative attention", "position"),
    source='''\
class RelativePositionBias(nn.Module):
    """A learned number for each head and distance H×L×S; far ones share it, the more so the farther."""

    def __init__(
        self,
        num_heads: int,
        num_buckets: int = 32,
        max_distance: int = 128,
        bidirectional: bool = True,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(num_buckets, num_heads) * 0.02)
        self.max_distance = max_distance
        self.bidirectional = bidirectional

    def forward(
        self, query: torch.Tensor, key: torch.Tensor | None = None
    ) -> torch.Tensor:
        steps = query.size(-2) if key is None else key.size(-2)
        rows = torch.arange(query.size(-2), device=query.device).unsqueeze(1)
        ahead = torch.arange(steps, device=query.device) - rows
        buckets = self.weight.size(0)
        start = torch.zeros_like(ahead)
        if self.bidirectional:
            buckets //= 2
            start = (ahead > 0) * buckets
        distance = ahead.abs() if self.bidirectional else (-ahead).clamp(min=0)
        exact = buckets // 2
        growth = (buckets - exact) / math.log(self.max_distance / exact)
        far = exact + (growth * torch.log(distance.clamp(min=1) / exact)).long()
        bucket = torch.where(distance < exact, distance, far.clamp(max=buckets - 1))
        return self.weight[start + bucket].permute(2, 0, 1)
''',
    examples=(
        example(("N", "L", 8), num_heads=2),
        example(("N", 5, 8), ("N", "S", 8), num_heads=3, num_buckets=8, max_distance=20, bidirectional=False),
        example(("N", 40, 8), num_heads=2, num_buckets=10, max_distance=16, weight_init="zeros"),
    ),
)
class RelativePositionBias(Weighted):
    """Tells attention how far two steps are apart, by a learned number for each distance, added to the scores.

    **Formula** mask[h, t, s] = W[bucket(s − t), h]; half of the buckets are single distances, the others grow with the
    logarithm up to max_distance

    **Shapes** query N×L×F, key N×S×F (else the query) → y heads×L×S. Parameters: num_buckets · heads.

    **Use when** it should matter how far two steps are apart, not where they stand. Link `y` to `mask` of an attention
    with as many heads; one bias may serve all layers (T5).

    **Alternatives** RotaryEmbedding, which learns nothing; PositionEmbedding.

    **Reference** Raffel et al. 2020, Exploring the limits of transfer learning with a unified text-to-text transformer.
    """

    num_heads: int = param(8, "How many heads the attention has.", min=1, max=100_000, required=True)
    num_buckets: int = param(32, "How many different numbers a head has.", min=4, max=100_000)
    max_distance: int = param(128, "All distances from here on share one number.", min=2, max=10_000_000)
    bidirectional: bool = param(True, "Tell what follows from what came before; off in causal attention.")

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        query, key = specs[0], specs[-1]
        expect.sequences(query, "query")
        expect.sequences(key, "key" if len(specs) > 1 else "query")
        exact = self.num_buckets // (4 if self.bidirectional else 2)
        if self.max_distance <= exact:
            raise ShapeError(
                f"{self.num_buckets} buckets reach farther than max_distance {self.max_distance}",
                "",
                change=("max_distance", 4 * exact),
            )
        return TensorSpec((self.num_heads, query.shape[1], key.shape[1]))

    def parameters(self, *specs: TensorSpec) -> int:
        return self.num_buckets * self.num_heads

    def summary(self) -> str:
        return f"{self.num_heads} heads · {self.num_buckets} distances"


def _heads(x: TensorSpec, heads: int, port: str) -> int:
    """Features of one head of N×L×F or N×H×L×F. Raises ShapeError."""
    expect.numbers(x, port, "sequences N×L×F")
    if x.rank != 4:
        _, width = expect.sequences(x, port)
        expect.divides(width, "num_heads", heads, "features")
        return width // heads
    if heads != 1:
        raise ShapeError(
            f"has heads of its own, {x}, so num_heads is 1, not {heads}", port, change=("num_heads", 1)
        )
    expect.sized(x, 1, "heads", port)
    return expect.sized(x, 3, "features", port)
