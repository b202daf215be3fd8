"""Lines that call a recurrent layer: with a state to begin with, with padding left out, with what it ends with.

Imports catalog.padding only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.catalog.padding import steps_line

_CARRYING = '''\
class Carrying{name}(nn.{name}):
    """Begins each batch with the state at the end of the one before, without its gradient.

    `train` and `eval` begin anew, and so does a batch of another size.
    """

    carried: tuple[torch.Tensor, ...] | None = None

    def train(self, mode: bool = True) -> "Carrying{name}":
        self.carried = None
        return super().train(mode)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, {type}]:
        begin = self.carried
        if begin is not None and begin[0].size(1) != x.size(0):
            begin = None
        y, end = super().forward(x, {begin})
        self.carried = {kept}
        return y, end
'''


def carrying(name: str, states: Sequence[str]) -> tuple[str, str]:
    """The class of a layer that keeps its state from batch to batch, and its text."""
    several = len(states) > 1
    text = _CARRYING.format(
        name=name,
        type="tuple[torch.Tensor, ...]" if several else "torch.Tensor",
        begin="begin" if several else "begin[0] if begin else None",
        kept="tuple(state.detach() for state in end)" if several else "(end.detach(),)",
    )
    return f"Carrying{name}", text


@dataclass(frozen=True, slots=True)
class Pass:
    """One call of a layer. `inputs` and `outputs` are names in the program by port ("_": nobody uses it), `carried`
    what goes from step to step with its size: the state, and the cell of an LSTM; `depth` is how many states there are.
    """

    module: str
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    carried: Mapping[str, int]
    depth: int
    both_ways: bool

    def lines(self) -> list[str]:
        """All lines of the call."""
        if "length" not in self.inputs:
            return self._begun() + self._called(self.inputs["x"], self.outputs["y"])
        # Of its end the module tells what padding left; forwards, y has the last state of the last layer.
        hidden = self._wanted("cell") or (self._wanted("state") and self.depth > 1)
        return self._begun() + (self._packed() if self.both_ways or hidden else self._masked())

    def _wanted(self, port: str) -> bool:
        return self.outputs.get(port, "_") != "_"

    def _begun(self) -> list[str]:
        """The state to begin with, as torch wants it: layers and directions first."""
        given = [name for name in self.carried if name in self.inputs]
        turned = ".unsqueeze(0)" if self.depth == 1 else ".transpose(0, 1).contiguous()"
        lines = [f"_{name} = {self.inputs[name]}{turned}" for name in given]
        x = self.inputs["x"]
        missing = [name for name in self.carried if given and name not in given]
        sizes = {name: f"{self.depth}, {x}.size(0), {self.carried[name]}" for name in missing}
        return lines + [f"_{name} = {x}.new_zeros({size})" for name, size in sizes.items()]

    @property
    def _begin(self) -> str:
        if not any(name in self.inputs for name in self.carried):
            return ""
        names = [f"_{name}" for name in self.carried]
        return f", {names[0]}" if len(names) == 1 else f", ({', '.join(names)})"

    def _called(self, x: str, y: str, after: Sequence[str] = ()) -> list[str]:
        """The call, and what it ended with. `after` are lines to follow the call, for each name that it gave."""
        ends = {"state": self.outputs["last"]}
        if not self._wanted("last") and self._wanted("state"):
            ends["state"] = "_state"
        if "cell" in self.carried:
            ends["cell"] = self.outputs.get("cell", "_")
        named = [name for name in ends.values() if name != "_"]
        result = ends["state"] if len(ends) == 1 or not named else f"({', '.join(ends.values())})"
        lines = [f"{y}, {result} = {self.module}({x}{self._begin})"]
        lines += [line.format(name) for name in named for line in after]
        form = ".squeeze(0)" if self.depth == 1 else ".transpose(0, 1)"
        for port, name in ends.items():
            if self._wanted(port):
                lines.append(f"{self.outputs[port]} = {name}{form}")
        last = self.outputs["last"]
        if last != "_":
            both = f"torch.cat(({last}[-2], {last}[-1]), dim=1)"
            lines.append(f"{last} = {both if self.both_ways else f'{last}[-1]'}")
        return lines

    def _packed(self) -> list[str]:
        """Through torch's packed sequences, which know where each ends; an empty one gives zeros."""
        x, length, y = self.inputs["x"], self.inputs["length"], self.outputs["y"]
        pack = f"{x}, {length}.clamp(min=1).cpu(), batch_first=True, enforce_sorted=False"
        some = f"{{0}} = {{0}} * ({length} > 0).view(1, -1, 1)"
        lines = [f"_packed = nn.utils.rnn.pack_padded_sequence({pack})"]
        lines += self._called("_packed", "_packed", [some])
        if y != "_":
            pad = f"_packed, batch_first=True, total_length={x}.size(1)"
            lines.append(f"{y}, _ = nn.utils.rnn.pad_packed_sequence({pad})")
            lines.append(f"{y} = {y} * ({length} > 0).view(-1, 1, 1)")
        return lines

    def _masked(self) -> list[str]:
        """Reads the padding too, which cannot change what came before, and takes each at its own end: nothing waits
        for a GPU to tell the lengths.
        """
        x, length = self.inputs["x"], self.inputs["length"]
        y = self.outputs["y"] if self._wanted("y") else "_y"
        lines = [
            f"{y}, _ = {self.module}({x}{self._begin})",
            steps_line(x),
            f"{y} = {y} * (_steps < {length}.unsqueeze(1)).unsqueeze(2)",
        ]
        ends = [self.outputs[port] for port in ("last", "state") if self._wanted(port)]
        if ends:
            lines += [
                f"_rows = torch.arange({y}.size(0), device={y}.device)",
                f"{ends[0]} = {y}[_rows, {length}.clamp(min=1) - 1]",
            ]
        return lines + [f"{name} = {ends[0]}" for name in ends[1:]]
