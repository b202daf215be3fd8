import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Public sets kept outside of the project: $WORKBENCH_DATA, or shared/data beside the checkout."""
    beside = Path(__file__).parents[4] / "shared" / "data"
    folder = Path(os.environ.get("WORKBENCH_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"no public data sets in {folder} (set WORKBENCH_DATA to their folder)")
    return folder
