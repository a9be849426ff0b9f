"""What stands below a name: the personal message and what is played (UBX theirs, UUX ours).

    <Data><PSM>at work</PSM>
    <CurrentMedia>\\0Music\\01\\0{0} - {1}\\0Song\\0Artist\\0</CurrentMedia></Data>

``\\0`` is a backslash and a zero.  Escargot escapes ``&`` and nothing else, so this is XML only as
long as nobody types "<3".
"""

import re
from html import unescape
from xml.etree.ElementTree import Element

from gateway.errors import WireError
from gateway.frozen import frozen
from gateway.styling import ILLEGAL
from networks.msn.xml import descend, parse, quoted


@frozen()
class Personal:
    text: str = ""
    media: str = ""
    """What is played, in words; "" if nothing is."""

    @property
    def shown(self) -> str:
        """Both, for one line."""
        return " ".join(filter(None, (self.text, f"{NOTE} {self.media}" if self.media else "")))


NOTE = "♫"


def parse_ubx(payload: bytes) -> Personal:
    """Of any bytes."""
    try:
        root = parse(payload)
    except WireError:
        root = None
    raw = payload.decode(errors="replace")
    media = _inside(root, raw, "CurrentMedia")
    return Personal(_clean(_inside(root, raw, "PSM")), _clean(_words(media)))


def _inside(root: Element | None, raw: str, name: str) -> str:
    found = descend(root, name) if root is not None else None
    if found is not None and len(found) == 0:
        return found.text or ""
    # No XML; or it is by chance, with tags that somebody typed.
    cut = re.search(f"<{name}>(.*)</{name}>", raw, re.DOTALL)
    return unescape(cut[1]) if cut else ""


def _clean(text: str) -> str:
    return ILLEGAL.sub("", text).strip()


SEPARATOR = "\\0"

PLACE = re.compile(r"\{(\d)\}")


def _words(media: str) -> str:
    """The format with its places filled in; "" when nothing is played."""
    match media.split(SEPARATOR):
        case [_, _, "1", format, *parts]:
            return PLACE.sub(lambda place: "".join(parts[int(place[1]) :][:1]), format)
        case _:
            return ""


# Ours.


@frozen()
class Tune:
    title: str = ""
    artist: str = ""

    @property
    def media(self) -> str:
        """As the last client of MSNP15 says it; "" for silence."""
        parts = [part.replace(SEPARATOR, "/0") for part in (self.title, self.artist)]
        places = [f"{{{number}}}" for number, part in enumerate(parts) if part]
        if not places:
            return ""
        album = content = end = ""
        return SEPARATOR.join(["", "Music", "1", " - ".join(places), *parts, album, content, end])


SILENCE = Tune()


def build_uux(text: str, tune: Tune = SILENCE) -> bytes:
    media = quoted(tune.media)
    return f"<Data><PSM>{quoted(text)}</PSM><CurrentMedia>{media}</CurrentMedia></Data>".encode()
