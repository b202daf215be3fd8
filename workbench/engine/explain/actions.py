"""What the model service can be asked for to look into a model. Imports torch and the explanations' parts."""

from torch import nn

from workbench.engine.explain.attention import looks
from workbench.engine.explain.layers import Layer, layers_of
from workbench.engine.explain.parts import kind_of
from workbench.engine.service.answers import Answer
from workbench.engine.service.context import Opened

_PLACES = {"picture": 2, "volume": 3, "series": 1, "tokens": 1}
"""How many directions the places of a kind of input have."""


def able(opened: Opened, main: Answer | None, *, data: bool) -> list[str]:
    """The names of what works for an answer of a model; `data`: whether the data of its training is at hand."""
    model = opened.model
    layers = layers_of(model.program, model.analysis.root)
    found = ["distributions"]
    if any(each.dim() > 1 for each in model.program.parameters()):
        found.append("filters")
    if not data:
        return found
    found += ["loss_surface"] if model.analysis.updates else []
    if main is None or not layers:
        return found
    found += ["feature_maps", "embedding"]
    found += ["attention"] if any(looks(layer.module) for layer in layers) else []
    specs = [
        model.analysis.root.infos[port.node].outputs[port.name]
        for port in main.given
        if port.node in main.data
    ]
    if any(spec.rank == 4 and spec.dtype == "float" and spec.shape[:1] == ("N",) for spec in specs):
        found.append("activation_maximisation")
    return found + _weights(main, [kind for spec in specs if (kind := kind_of(spec, specs))], layers)


def _weights(main: Answer, kinds: list[str], layers: list[Layer]) -> list[str]:
    """The methods that give weights to the parts of an example."""
    if not main.data or main.kind == "picture" or not kinds:
        return []
    first = next((kind for kind in kinds if kind != "columns"), "columns")
    found = []
    ranks = {len(layer.shape) - 2 for layer in layers if layer.is_map}
    if _PLACES.get(first) in ranks:
        found.append("grad_cam")
    if first != "tokens" or any(isinstance(layer.module, nn.Embedding) for layer in layers):
        found.append("integrated_gradients")
    return [*found, "occlusion", "lime", "shap"]
