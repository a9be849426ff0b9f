"""https://yaml.org/spec/1.2.2/#103-core-schema"""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import yamlfile
from gateway.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("# nothing", None),
        ("a:", {"a": None}),
        ("a: ~", {"a": None}),
        ("a: true", {"a": True}),
        ("a: no", {"a": "no"}),
        ("on: off", {"on": "off"}),
        ("a: 12:30", {"a": "12:30"}),
        ("a: 2026-01-01", {"a": "2026-01-01"}),
        ("a: 1_000", {"a": "1_000"}),
        ("a: 0600", {"a": 600}),
        ("a: 0x1f", {"a": 31}),
        ("a: 0o17", {"a": 15}),
        ("a: -1.5e3", {"a": -1500.0}),
        ("a: 1.", {"a": 1.0}),
        ("a: .nan", {"a": ".nan"}),
        ("a: '5'", {"a": "5"}),
        ("a: !!str 5", {"a": "5"}),
        ("5: a", {"5": "a"}),
        ("a: [1, b, {c: d}]", {"a": [1, "b", {"c": "d"}]}),
        ("a: &x [1]\nb: *x", {"a": [1], "b": [1]}),
        ("a: <<", {"a": "<<"}),
    ],
)
def test_values(text: str, value: Any) -> None:
    assert yamlfile.read(text, "f") == value


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("a: 1\na: 2", "f: line 2, column 1: 'a' stands here and already in line 1"),
        ("a:\n  b: 1\n  'b': 2", "f: line 3, column 3: 'b' stands here and already in line 2"),
        ("? [a]\n: b", "f: line 1, column 3: a key must be text"),
        ("a: &x\n  b: *x", "f: line 1, column 4: refers to itself"),
        ("a: !hunter2 b", "f: line 1, column 4: a tag (!) means nothing here"),
        ("a: *hunter2", "f: line 1, column 4: an alias (*) that nothing defines"),
        ("a: 'b", "f: line 1, column 6: found unexpected end of stream"),
        ("a: b: c", "f: line 1, column 5: mapping values are not allowed here"),
        ("\ta: b", "f: line 1, column 1: found character '\\t' that cannot start any token"),
        ("a: b\n c: d", "f: line 2, column 3: mapping values are not allowed here"),
        ("a: \x01", "f: holds a control character"),
        ("a: 1\n---\nb: 2", "f: line 2, column 1: a second document (---) begins here"),
    ],
)
def test_errors(text: str, error: str) -> None:
    with pytest.raises(ConfigError) as caught:
        yamlfile.read(text, "f")
    assert str(caught.value).startswith(error)
    assert "hunter2" not in str(caught.value)


@given(st.text(alphabet=" \n\t:-#&*!|>'\"%@`{}[],?~<ab01.+", max_size=60))
def test_any_text_is_a_value_or_a_config_error(text: str) -> None:
    with contextlib.suppress(ConfigError):
        yamlfile.read(text, "f")
