"""Training: the only layer in which torch lives."""

from workbench.engine import deferred

deferred.defer()
