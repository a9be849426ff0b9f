"""A user's picture made into what a network takes (``Network.picture``).

    any picture ──► as it is, if it fits ──────────────────────────────► that
         └────────► a square from its middle ──► smaller, coarser … ──► the first that fits

XMPP clients publish PNG of some hundred pixels, or whatever their user chose; AIM shows GIF and
JPEG of 7 kB.  What comes in is not to be trusted: only known formats are opened, and none whose
header claims more than MAX_PIXELS.
"""

import warnings
from collections.abc import Callable, Iterator
from io import BytesIO

from PIL import Image, ImageOps

from gateway.errors import CommandRefused, Reason
from gateway.events import Avatar
from gateway.network import Picture
from gateway.words import mark

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")
"""What is opened, by Pillow's names."""

MAX_PIXELS = 12_000_000
"""What a telephone photographs; takes some 50 MB for a moment.  Bombs claim thousands of times
that in a few kB."""

warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # Our limit is lower than its.

QUALITIES = (90, 75, 60, 40)
"""Of JPEG."""

COLOURS = (0, 128, 32)
"""Of PNG; 0: all."""

PAPER = (255, 255, 255)
"""Behind what is transparent, where there is no transparency."""

UNREADABLE = mark("it cannot be read.")
TOO_LARGE = mark("it is too large.")


def fit(avatar: Avatar, limits: Picture) -> Avatar:
    """Takes up to a second, so not for the hub.

    Raises:
        CommandRefused: (NOT_ACCEPTABLE) it is no picture, or none that can be made to fit.
    """
    try:
        return _fit(avatar.data, limits)
    except CommandRefused:
        raise
    except Exception as error:  # Decoders raise whatever they like when they are fed garbage.
        raise CommandRefused(Reason.NOT_ACCEPTABLE, UNREADABLE) from error


def _fit(data: bytes, limits: Picture) -> Avatar:
    image = _open(data)
    media_type = Image.MIME[str(image.format)]
    sides = range(limits.min_side, limits.max_side + 1)
    is_fit = media_type in limits.media_types and len(data) <= limits.max_bytes
    if is_fit and image.width in sides and image.height in sides:
        image.load()
        return Avatar(data=data, media_type=media_type)
    wanted = limits.media_types[0]
    for encoded in ENCODERS[wanted](_square(image, limits), limits):
        if len(encoded) <= limits.max_bytes:
            return Avatar(data=encoded, media_type=wanted)
    raise CommandRefused(Reason.NOT_ACCEPTABLE, TOO_LARGE)


def _open(data: bytes) -> Image.Image:
    """Reads no more than the header."""
    image = Image.open(BytesIO(data), formats=FORMATS)
    if image.width * image.height > MAX_PIXELS:
        raise CommandRefused(Reason.NOT_ACCEPTABLE, TOO_LARGE)
    return image


def _square(image: Image.Image, limits: Picture) -> Image.Image:
    """The first frame, from its middle, as large as the network shows."""
    enough = 2 * limits.max_side
    image.draft("RGB", (enough, enough))  # No more of a JPEG is decoded than that takes.
    upright = ImageOps.exif_transpose(image).convert("RGBA")
    side = min(max(min(upright.size), limits.min_side), limits.max_side)
    return ImageOps.fit(upright, (side, side))


def _sizes(square: Image.Image, limits: Picture) -> Iterator[Image.Image]:
    """It, and smaller ones."""
    side = square.width
    while side >= limits.min_side:
        yield square.resize((side, side))
        side = side * 3 // 4


def _jpeg(square: Image.Image, limits: Picture) -> Iterator[bytes]:
    for image in _sizes(square, limits):
        flat = Image.new("RGB", image.size, PAPER)
        flat.paste(image, mask=image.getchannel("A"))
        for quality in QUALITIES:
            yield _saved(flat, "JPEG", quality=quality)


def _png(square: Image.Image, limits: Picture) -> Iterator[bytes]:
    for image in _sizes(square, limits):
        for colours in COLOURS:
            yield _saved(image.quantize(colours) if colours else image, "PNG", optimize=True)


def _saved(image: Image.Image, format: str, **how: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, format, **how)
    return buffer.getvalue()


ENCODERS: dict[str, Callable[[Image.Image, Picture], Iterator[bytes]]] = {
    "image/jpeg": _jpeg,
    "image/png": _png,
}
"""Each yields the same picture in ever fewer bytes."""
