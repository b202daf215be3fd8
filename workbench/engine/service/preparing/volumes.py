"""Volumes as the reader made them ready in training. Imports the reader of volumes."""

from __future__ import annotations

from workbench.core.errors import DataError
from workbench.engine.readers import volumes
from workbench.engine.readers.trees import Folder, ends
from workbench.engine.service.preparing.given import Given, Prepared, Trained, file_of


def volume(trained: Trained, given: Given) -> Prepared:
    """A volume at the size, with the fit and in the values of training."""
    file = file_of(given, "volumes")
    if not ends(file.name, volumes.SUFFIXES):
        raise DataError(f"{file} is no volume; {', '.join(sorted(volumes.SUFFIXES))} are read.")
    channels, depth, height, width = trained.sizes("volume")
    try:
        found = volumes.one(
            Folder(file.parent), file.name, trained.reading(), channels, (depth, height, width)
        )
    except volumes.DAMAGE as error:
        raise DataError(f"{file} is no volume that can be used ({error}).") from error
    # Volumes are kept with half the digits, and the model has learned from those.
    return Prepared({"volume": found.astype(trained.content.arrays["volume"].dtype)[None]}, (given.name,))
