"""Pictures made to fit: real ones, damaged ones, and those that are meant to do harm."""

import random
import struct
import zlib
from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from gateway.errors import CommandRefused, Reason
from gateway.events import Avatar
from gateway.network import Picture
from gateway.pictures import MAX_PIXELS, TOO_LARGE, UNREADABLE, fit
from networks.oscar.icons import PICTURE as OSCAR

SQUARE = Picture(media_types=("image/png",), max_bytes=20_000, min_side=96, max_side=96)


def face(width: int = 240, height: int = 240, mode: str = "RGBA") -> Image.Image:
    image = Image.new(mode, (width, height))
    draw = ImageDraw.Draw(image)
    draw.ellipse((width // 8, height // 8, width * 7 // 8, height * 7 // 8), fill="yellow")
    draw.line((0, 0, width, height), fill="black", width=5)
    return image


def noise(side: int) -> Image.Image:
    """What compresses worst."""
    data = random.Random(1).randbytes(side * side * 3)
    return Image.frombytes("RGB", (side, side), data)


def saved(image: Image.Image, format: str = "PNG", **how: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, format, **how)
    return buffer.getvalue()


def fitted(data: bytes, limits: Picture = OSCAR) -> Image.Image:
    """The result, which is what its media type says."""
    avatar = fit(Avatar(data=data, media_type="text/html"), limits)
    assert len(avatar.data) <= limits.max_bytes
    image = Image.open(BytesIO(avatar.data))
    assert avatar.media_type in limits.media_types
    assert avatar.media_type == Image.MIME[str(image.format)]
    assert limits.min_side <= min(image.size) <= max(image.size) <= limits.max_side
    image.load()
    return image


def refused(data: bytes, limits: Picture = OSCAR) -> str:
    with pytest.raises(CommandRefused) as caught:
        fit(Avatar(data=data, media_type="image/png"), limits)
    assert caught.value.reason is Reason.NOT_ACCEPTABLE
    return caught.value.text


@pytest.mark.parametrize("limits", [OSCAR, SQUARE])
@pytest.mark.parametrize("format", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
@pytest.mark.parametrize("size", [(240, 240), (640, 480), (10, 300), (16, 16), (1, 1), (96, 96)])
def test_any_picture(limits: Picture, format: str, size: tuple[int, int]) -> None:
    image = fitted(saved(face(*size, mode="RGB"), format), limits)
    assert image.width == image.height


def test_two_in_one() -> None:
    """As telephones take them: a JPEG with another one behind it."""
    data = saved(face(64, 64, "RGB"), "MPO", save_all=True, append_images=[noise(64)])
    assert fitted(data).format == "JPEG"


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "I;16"])
def test_any_colours(mode: str) -> None:
    image = face(mode="L").convert(mode) if mode == "I;16" else face(mode="RGB").convert(mode)
    fitted(saved(image, "JPEG" if mode == "CMYK" else "PNG"))


@pytest.mark.parametrize("format", ["GIF", "JPEG", "BMP"])
def test_what_fits_stays_as_it_is(format: str) -> None:
    data = saved(face(48, 48, "RGB"), format)
    assert fit(Avatar(data=data, media_type=""), OSCAR).data == data


def test_what_moves_stays_as_it_is() -> None:
    frames = [face(64, 64, "RGB"), Image.new("RGB", (64, 64), "red")]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert fit(Avatar(data=data, media_type=""), OSCAR).data == data
    large = saved(face(300, 300, "RGB"), "GIF", save_all=True, append_images=[noise(300)])
    assert not getattr(fitted(large), "is_animated", False)


def test_its_middle_the_right_way_up() -> None:
    image = Image.new("RGB", (300, 100), "red")
    image.paste("blue", (100, 0, 200, 100))
    assert fitted(saved(image), SQUARE).convert("RGB").getpixel((48, 48)) == (0, 0, 255)
    image = Image.new("RGB", (200, 200), "red")
    image.paste("blue", (0, 0, 200, 100))
    exif = Image.Exif()
    exif[0x0112] = 3  # Upside down.
    red, _, blue = fitted(saved(image, "JPEG", exif=exif)).convert("RGB").getpixel((50, 10))
    assert red > 200 > 50 > blue


def test_transparency() -> None:
    clear = saved(Image.new("RGBA", (100, 100), (0, 0, 0, 0)))
    assert min(fitted(clear).getpixel((50, 50))) > 250
    assert fitted(clear, SQUARE).convert("RGBA").getpixel((50, 50))[3] == 0


def test_nothing_private_is_passed_on() -> None:
    exif = Image.Exif()
    exif[0x010E] = "balcony, Verona"
    assert (
        b"Verona"
        not in fit(
            Avatar(data=saved(face(mode="RGB"), "JPEG", exif=exif), media_type=""), OSCAR
        ).data
    )


def test_as_good_as_fits() -> None:
    assert fitted(saved(noise(300))).size == (100, 100)
    tight = Picture(media_types=("image/jpeg",), max_bytes=1500, min_side=20, max_side=100)
    assert fitted(saved(noise(300)), tight).width < 100
    coarse = Picture(media_types=("image/png",), max_bytes=6000, min_side=96, max_side=96)
    assert fitted(saved(noise(300)), coarse).mode == "P"
    hopeless = Picture(media_types=("image/png",), max_bytes=50, min_side=96, max_side=96)
    assert refused(saved(noise(300)), hopeless) == TOO_LARGE


# Garbage.


def png(width: int, height: int, rows: bytes = b"") -> bytes:
    """A header that claims what it likes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(
    ("width", "height"), [(30_000, 30_000), (2**31 - 1, 2**31 - 1), (MAX_PIXELS + 1, 1)]
)
def test_bombs(width: int, height: int) -> None:
    assert refused(png(width, height, bytes(1_000_000))) in (TOO_LARGE, UNREADABLE)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"GIF89a, and so on",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        png(100, 100),
        png(0, 0),
        saved(face())[:-200],
        saved(face(48, 48, "RGB"), "GIF")[:60],
    ],
)
def test_no_pictures(data: bytes) -> None:
    assert refused(data) == UNREADABLE


WHOLE = [saved(face(120, 120, "RGB"), format) for format in ("PNG", "JPEG", "GIF", "WEBP", "BMP")]


@given(st.sampled_from(WHOLE), st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 255))))
def test_damaged(data: bytes, changes: list[tuple[int, int]]) -> None:
    """Something that fits, or a refusal."""
    damaged = bytearray(data)
    for at, value in changes:
        damaged[at % len(damaged)] = value
    with suppress(CommandRefused):
        fitted(bytes(damaged))
