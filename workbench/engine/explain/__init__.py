"""Explanations of a trained model: what its layers see, what decides its answers, and how its loss lies.

The computing cores know torch only; `actions` answers the requests of the model service.
"""
