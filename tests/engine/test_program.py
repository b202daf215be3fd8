"""A program's text becomes a live module, and nothing else stays of that."""

import json
import subprocess
import sys
from pathlib import Path

from tests.programs import text_of
from workbench.catalog.templates import load

# In a process of its own: modules that are loaded already are not written again.
BUILD = """
import json, os, sys, tempfile
from pathlib import Path
import torch
from workbench.engine.program import build
program = build(Path("program.py"), sys.stdin.read(), 0, torch.device("cpu"))
generated = [name for name in sys.modules if name.startswith("torch_geometric.nn.conv.gcn_conv_")]
x, edges = torch.randn(3, 34), torch.tensor([[0, 1], [1, 2]])
said = list(program.eval()(x, edges).shape)
optimizer = torch.optim.Adam(program.parameters())
optimizer.zero_grad()
program(x, edges).sum().backward()
optimizer.step()
needless = [name for name in sys.modules if name.startswith(("torch._dynamo.", "torch_geometric.datasets."))]
left = os.listdir(tempfile.gettempdir())
print(json.dumps({"generated": len(generated), "left": left, "said": said, "needless": needless}))
"""


def test_modules_that_torch_geometric_writes_do_not_stay_and_what_no_run_uses_is_not_imported(
    tmp_path: Path,
) -> None:
    (tmp_path / "temporary").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", BUILD], input=text_of(load("gcn")), env={"TMPDIR": str(tmp_path / "temporary")},
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["generated"] > 0, "none would be needed"
    assert not [name for name in found["left"] if "torch_geometric" in name]
    assert not list((tmp_path / "temporary").rglob("*.py*"))
    assert found["said"][0] == 3
    assert not found["needless"], "importing them takes longer than importing torch"
