"""The node types, one file a family. A new file here is found by itself; nothing else has to be told."""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
