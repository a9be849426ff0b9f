"""Lines of a name, a colon and a value: headers, and bodies that look like them."""

Fields = tuple[tuple[str, str], ...]

MAX_FIELDS = 40
"""That are looked at.  The profile, the longest there is, has some 25."""


def parse_fields(text: str) -> Fields:
    """Of any text; lines without a colon are passed over."""
    lines = (line.partition(":") for line in text.split("\n", MAX_FIELDS)[:MAX_FIELDS])
    return tuple((name.strip(), value.strip()) for name, colon, value in lines if colon)


def first(fields: Fields, name: str) -> str:
    """The first value of that name, in any case; "" if there is none."""
    folded = name.lower()
    return next((value for called, value in fields if called.lower() == folded), "")


MAX_NUMBER = 0xFFFFFFFF

DIGITS = len(str(MAX_NUMBER))


def number(text: str) -> int:
    """Of 32 bits and without a sign; 0 for any other text."""
    found = int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS else 0
    return found if found <= MAX_NUMBER else 0
