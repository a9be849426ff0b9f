"""YAML as text to plain values, with the line and column of whatever is wrong.

A part of YAML 1.2 (https://yaml.org/spec/1.2.2/#103-core-schema), because version 1.1, which PyYAML
reads by itself, has surprises in store for people who configure things: ``no`` is text here and not
a boolean, ``12:30`` is text and not 750, a date is text.  Keys are always text.  A key that stands
twice is refused.  No message quotes the file: it may hold secrets.
"""

import re
from typing import Any

import yaml

from gateway.errors import ConfigError

_TAG = "tag:yaml.org,2002:"

_CORE = (
    (f"{_TAG}null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    (f"{_TAG}bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    (f"{_TAG}int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        f"{_TAG}float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?",
        list("-+.0123456789"),
    ),
)


class _Loader(yaml.SafeLoader):
    """Tells the types of plain scalars by _CORE alone."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in _CORE:
    _Loader.add_implicit_resolver(_tag, re.compile(f"^(?:{_pattern})$"), _first)


def read(text: str, name: str) -> Any:
    """The value the document stands for; None for an empty one.

    Raises:
        ConfigError: begins with ``name``, line and column.
    """
    try:
        node = yaml.compose(text, _Loader)
    except yaml.MarkedYAMLError as error:
        raise ConfigError(_where(name, error.problem_mark) + _problem(error)) from None
    except yaml.YAMLError:  # A character YAML forbids; the reader knows no line.
        raise ConfigError(f"{name}: holds a control character, which YAML does not allow") from None
    if node is None:
        return None
    return _Reader(name).value(node)


class _Reader:
    def __init__(self, name: str) -> None:
        self.name = name
        self._within: list[yaml.Node] = []

    def value(self, node: yaml.Node) -> Any:
        if node in self._within:
            raise self._error(node, "refers to itself")
        self._within.append(node)
        try:
            match node:
                case yaml.MappingNode():
                    return self._mapping(node)
                case yaml.SequenceNode():
                    return [self.value(item) for item in node.value]
                case yaml.ScalarNode():
                    return self._scalar(node)
        finally:
            self._within.pop()
        raise self._error(node, "is neither a value, a list nor a mapping")

    def _mapping(self, node: yaml.MappingNode) -> dict[str, Any]:
        seen: dict[str, int] = {}
        found: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self._error(key, "a key must be text")
            if key.value in seen:
                raise self._error(
                    key, f"{key.value!r} stands here and already in line {seen[key.value]}"
                )
            seen[key.value] = key.start_mark.line + 1
            found[key.value] = self.value(value)
        return found

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        text: str = node.value
        match node.tag.removeprefix(_TAG):
            case "str":
                return text
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int":
                return int(text, 10) if text[:2] not in ("0o", "0x") else int(text, 0)
            case "float":
                return float(text)
        raise self._error(node, "a tag (!) means nothing here; text that begins so needs quotes")

    def _error(self, node: yaml.Node, what: str) -> ConfigError:
        return ConfigError(_where(self.name, node.start_mark) + what)


def _where(name: str, mark: yaml.Mark | None) -> str:
    return f"{name}: line {mark.line + 1}, column {mark.column + 1}: " if mark else f"{name}: "


def _problem(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or "this is not YAML"
    if "undefined alias" in problem:
        return "an alias (*) that nothing defines; text that begins so needs quotes"
    if "another document" in problem:
        return "a second document (---) begins here; there can be one only"
    # Names of tokens and single characters may be said; anything longer is the operator's text.
    said = re.sub(r"'(?!<|\\.')[^']{2,}'", "something", problem)
    return f"{said} (text with :, #, *, ! or a tab in it needs quotes)"
