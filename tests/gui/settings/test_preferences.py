"""What is remembered between starts, also of a broken file."""

from pathlib import Path

from workbench.gui.settings.preferences import Preferences


def test_preferences_survive_and_a_broken_file_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "window.json"
    made = Preferences.load(path)
    made.theme, made.width = "light", 1111
    made.save()
    assert Preferences.load(path) == made
    path.write_text('{"theme": 7, "width": "wide", "device": "cpu"}', encoding="utf-8")
    assert Preferences.load(path) == Preferences(path, device="cpu")
    path.write_text("{", encoding="utf-8")
    assert Preferences.load(path) == Preferences(path)
