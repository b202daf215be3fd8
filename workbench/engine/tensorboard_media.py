"""Pictures, texts and sounds of event files, decoded and written anew: no file of a stranger reaches the store.

Imports NumPy and Pillow, not torch.
"""

import io
import struct
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PIL import Image

from workbench.engine.event_records import fields, inside
from workbench.engine.readers.images_pixels import DAMAGE, quiet
from workbench.store.arrivals import Recorded
from workbench.store.records import MediaKind

MOST: Final = 20_000
MOST_BYTES: Final = 256 << 20
KINDS: Final = {"images": "picture", "audio": "sound", "text": "text"}
"""Plug-ins of TensorBoard whose records come in, and what those are."""
_FORMATS: Final = ("PNG", "JPEG", "GIF", "BMP", "WEBP")
_MOST_PIXELS: Final = 64 << 20
_LARGEST_SIDE: Final = 1024
_LONGEST_TEXT: Final = 100_000
_LONGEST_SOUND: Final = 32 << 20
_MOST_TEXTS: Final = 1000
_ENCODED: Final = 4
"""The field of a picture's or sound's summary that holds its file."""
_TEXTS: Final = 8
"""The field of a tensor that holds texts or bytes."""


@dataclass(slots=True)
class Media:
    """Collects the records of one run, no more than it can hold."""

    found: list[Recorded]
    size: int = 0

    def add(self, tag: str, step: int, kind: str, message: bytes, *, tensor: bool) -> str:
        """One record (a picture, sound or text); gives what is left out, "" for nothing."""
        try:
            made = _made(kind, message, tensor=tensor)
        except (*DAMAGE, wave.Error):
            return f"damaged {kind}"
        if len(self.found) >= MOST or self.size + len(made[1]) > MOST_BYTES:
            return kind
        self.size += len(made[1])
        self.found.append(Recorded(tag.removesuffix("/text_summary"), made[0], step, made[1]))
        return ""


def _made(kind: str, message: bytes, *, tensor: bool) -> tuple[MediaKind, bytes]:
    """Raises what is in DAMAGE, or wave.Error."""
    wanted = _TEXTS if tensor else _ENCODED
    parts = [inside(value) for number, value in fields(message) if number == wanted][:_MOST_TEXTS]
    if kind == "text":
        words = "\n\n".join(part.decode("utf-8", "replace") for part in parts)
        return "text", words[:_LONGEST_TEXT].encode()
    if kind == "sound":
        return "sound", sound(parts[0])
    return "image", pictures(parts[2:] if tensor else parts)  # a tensor begins with width and height


def pictures(files: Sequence[bytes]) -> bytes:
    """Pictures beside each other as one PNG, large ones smaller. Raises what is in DAMAGE."""
    made = []
    with quiet():
        for file in files:
            with Image.open(io.BytesIO(file), formats=_FORMATS) as given:
                if given.width * given.height > _MOST_PIXELS:
                    raise ValueError("a picture of so many pixels is a mistake or a bomb")
                plain = given.convert("L" if given.mode in ("1", "L", "I", "F", "I;16") else "RGB")
                plain.thumbnail((_LARGEST_SIDE, _LARGEST_SIDE))
                made.append(plain)
    sheet = made[0]
    if made[1:]:
        sheet = Image.new("RGB", (sum(each.width for each in made), max(each.height for each in made)))
        for place, each in enumerate(made):
            sheet.paste(each, (sum(before.width for before in made[:place]), 0))
        sheet.thumbnail((_LARGEST_SIDE, _LARGEST_SIDE))
    packed = io.BytesIO()
    sheet.save(packed, "PNG")
    return packed.getvalue()


def sound(file: bytes) -> bytes:
    """A sound as a WAV of plain samples. Raises wave.Error or what is in DAMAGE."""
    if len(file) > _LONGEST_SOUND:
        raise ValueError("a sound of so many bytes is too long to be looked at")
    with wave.open(io.BytesIO(file)) as given:
        form, frames = given.getparams(), given.readframes(given.getnframes())
    if not frames or not 0 < form.framerate < 1_000_000 or form.nchannels > 64:
        raise struct.error("a sound without samples")
    packed = io.BytesIO()
    with wave.open(packed, "wb") as made:
        made.setparams(form._replace(nframes=0))
        made.writeframes(frames)
    return packed.getvalue()
