"""Lines of names and values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from networks.msn.fields import MAX_FIELDS, first, number, parse_fields


def test_fields() -> None:
    fields = parse_fields("A: 1\r\nno field\nb : x:y \n a:2\nC:")
    assert fields == (("A", "1"), ("b", "x:y"), ("a", "2"), ("C", ""))
    assert (first(fields, "a"), first(fields, "B"), first(fields, "none")) == ("1", "x:y", "")
    assert parse_fields("") == ()


def test_no_more_than_some() -> None:
    assert len(parse_fields("a: b\n" * 1000)) == MAX_FIELDS
    assert parse_fields("a\n" * MAX_FIELDS + "b: c") == ()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("0", 0), ("7", 7), ("007", 7), ("4294967295", 4294967295)),
        *(
            (text, 0)
            for text in ("4294967296", "99999999999", "-1", "+1", " 1", "1.0", "x", "²", "")
        ),
    ],
)
def test_number(text: str, value: int) -> None:
    assert number(text) == value


@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    for name, value in parse_fields(text):
        assert first(parse_fields(text), name) or not value
    assert 0 <= number(text) < 1 << 32
