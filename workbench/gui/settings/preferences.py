"""What the window remembers about the person: one small JSON file for all workspaces.  Imports core only."""

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from workbench.core.files import write_atomically


@dataclass(slots=True)
class Preferences:
    """Theme mode, preferred device, the window's size, and keys (by action) that are not the usual ones.

    `minimap` is on, off or auto: then drawings of many nodes have one.
    """

    path: Path
    theme: str = "system"
    device: str = "auto"
    width: int = 1440
    height: int = 900
    maximised: bool = False
    minimap: str = "auto"
    keys: dict[str, str] = field(default_factory=dict)
    used: dict[str, float] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> "Preferences":
        """Read the file; entries that are missing or of the wrong kind keep their default."""
        made = cls(path)
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except (
            OSError,
            ValueError,
        ):  # no file yet, or one that a person broke: the defaults are a good start
            return made
        if isinstance(data, dict):
            for entry in fields(cls):
                value = data.get(entry.name)
                if entry.name != "path" and type(value) is type(getattr(made, entry.name)):
                    setattr(made, entry.name, value)
        return made

    def save(self) -> None:
        """Write the file.  Raises OSError where the folder cannot be written."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        data = {name: value for name, value in asdict(self).items() if name != "path"}
        write_atomically(self.path, json.dumps(data, indent=2).encode())


def usual_path() -> Path:
    """Where the file of this person is."""
    import platformdirs

    return platformdirs.user_config_path("workbench") / "window.json"
