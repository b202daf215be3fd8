"""What the model service answers about how a model came to its answers. Imports the explanations."""

from workbench.engine.explain.saliency import saliency

__all__ = ["saliency"]
