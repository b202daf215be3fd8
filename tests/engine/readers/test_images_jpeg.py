import io

import numpy as np
import pytest
from PIL import Image

from workbench.engine.readers import images_pixels
from workbench.engine.readers.images_jpeg import PlainJpeg, plain
from workbench.engine.readers.images_pixels import Form, header, pixels


def jpeg(size: tuple[int, int], mode: str = "RGB", **options: object) -> bytes:
    shape = (size[1], size[0], 3) if mode == "RGB" else size[::-1]
    noise = np.random.default_rng(size[0]).integers(0, 256, shape, dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(noise).convert(mode).save(stream, "JPEG", **options)
    return stream.getvalue()


@pytest.mark.parametrize("fit", ["stretch", "cover", "inside", "crop", "patches"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_the_short_way_gives_the_pixels_of_pillows_own(fit: str, channels: int, mode: str) -> None:
    for size in ((7, 5), (64, 48), (130, 131)):
        for options in ({"quality": 40}, {"progressive": True, "quality": 95}):
            content = jpeg(size, mode, **options)
            for wanted in ((5, 4), (16, 16)):
                form = Form(wanted, fit, channels)
                assert plain(content) == PlainJpeg(content, size, mode == "RGB")
                expected = images_pixels._opened(io.BytesIO(content), form, None)
                assert np.array_equal(pixels(io.BytesIO(content), form), expected)
                with images_pixels._image(io.BytesIO(content)) as image:
                    assert header(io.BytesIO(content)) == images_pixels._header(image)


def test_what_is_out_of_the_ordinary_is_left_to_pillow() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = jpeg((20, 10), exif=exif)
    assert plain(turned) is None
    assert header(io.BytesIO(turned)).size == (10, 20)
    assert plain(jpeg((20, 10), "CMYK")) is None
    assert plain(b"\x89PNG") is None and plain(b"") is None


def test_two_frames_or_none_and_sizes_of_nothing_are_not_taken() -> None:
    content = jpeg((20, 10))
    start = content.index(b"\xff\xc0")
    end = start + 2 + int.from_bytes(content[start + 2 : start + 4], "big")
    frame = content[start:end]
    assert plain(content[:end] + frame + content[end:]) is None
    assert plain(content[:start] + content[end:]) is None
    assert plain(content[: start + 5] + b"\0\0" + content[start + 7 :]) is None
    assert all(plain(content[:length]) is None for length in range(start))


def test_a_damaged_one_is_told_in_pillows_words() -> None:
    content = jpeg((40, 40))[:-30]
    with pytest.raises(OSError, match="truncated"):
        pixels(io.BytesIO(content), Form((40, 40), "stretch", 3))


def test_too_many_pixels_are_refused_before_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images_pixels, "MAX_PIXELS", 300)
    content = jpeg((20, 20))
    for read in (header, lambda stream: pixels(stream, Form((2, 2), "stretch", 3))):
        with pytest.raises(ValueError, match="20×20 pixels are more than 300"):
            read(io.BytesIO(content))
