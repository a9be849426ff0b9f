"""What is wrong with a configuration, for the operator: place, found, expected.

    gateway.yaml: transports.irc.example.org.port: 'sixty' is not a port (1 to 65535)

All problems are collected and told at once.  A secret is never repeated: its name tells it, or its
type does.
"""

import difflib
import json
import re
from collections.abc import Callable, Container, Iterable, Sequence
from typing import Any, NoReturn

from pydantic import BaseModel, ValidationError, ValidatorFunctionWrapHandler, WrapValidator
from pydantic_core import ErrorDetails, PydanticCustomError

from gateway.errors import ConfigError

FOUND_LENGTH = 60
"""Of what was found, no more is repeated than helps to find it."""

_SECRET = re.compile(r"secret|passw|passphrase|token|credential|certificate|^env$|_env$", re.I)
"""Also where only the name of a variable should stand: a secret is easily put there by mistake."""

_URL_PASSWORD = re.compile(r"(://[^/\s:@]*:)[^/\s]*@")


class Problems:
    """Everything found wrong with one file."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._lines: list[str] = []

    def add(self, place: str, text: str) -> None:
        self._lines.append(f"{self.name}: {place}: {text}" if place else f"{self.name}: {text}")

    def add_invalid(
        self,
        place: str,
        error: ValidationError,
        model: type[BaseModel],
        known: Container[str | int],
    ) -> None:
        """What pydantic says about the mapping at ``place``, which is to become a ``model``.
        Whether the settings named in ``known`` are there has been spoken of already."""
        for detail in error.errors(include_url=False):
            if detail["type"] == "missing" and detail["loc"][-1] in known:
                continue
            self.add(_join(place, detail["loc"]), _sentence(detail, model))

    def add_unknown(self, place: str, key: str, names: Iterable[str]) -> None:
        self.add(_join(place, (key,)), _unknown(key, list(names)))

    def raise_if_any(self) -> None:
        if self._lines:
            self.raise_all()

    def raise_all(self) -> NoReturn:
        raise ConfigError("\n".join(self._lines))


def expects(what: str) -> WrapValidator:
    """Says ``what`` is expected, whichever of the checks before it in the annotation failed."""

    def validate(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
        try:
            return check(value)
        except (ValueError, AssertionError):
            raise PydanticCustomError("expected", "{what}", {"what": what}) from None

    return WrapValidator(validate)


def found(value: Any, secret: bool = False) -> str:
    """A value as it is repeated to the operator."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if secret:
        return "…"
    if not isinstance(value, str):
        return json.dumps(value, default=str)
    text = _URL_PASSWORD.sub(r"\1…@", value)
    return repr(text if len(text) <= FOUND_LENGTH else text[:FOUND_LENGTH] + "…")


def closest(word: str, known: Iterable[str]) -> str:
    """ "; did you mean …?", or "" where nothing is near."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _is_secret(model: type[BaseModel], name: str | int) -> bool:
    field = model.model_fields.get(str(name))
    return field is not None and "SecretStr" in str(field.annotation)


def _unknown(key: str, names: Sequence[str]) -> str:
    there_are = f"; there are: {', '.join(sorted(names))}" if names else ""
    return "is no setting" + (closest(key, names) or there_are)


def _join(place: str, parts: Sequence[str | int]) -> str:
    for part in parts:
        if isinstance(part, int):
            place += f"[{part}]"
        else:
            place += f".{part}" if place else part
    return place


_Bound = Callable[[dict[str, Any]], str]

_EXPECTED: dict[str, str | _Bound] = {
    # https://docs.pydantic.dev/latest/errors/validation_errors/
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "enum": lambda ctx: ctx["expected"].replace("'", ""),
    "expected": lambda ctx: str(ctx["what"]),
    "finite_number": "a number",
    "float_type": "a number",
    "frozen_set_type": "a list",
    "greater_than": lambda ctx: f"more than {ctx['gt']}",
    "greater_than_equal": lambda ctx: f"{ctx['ge']} or more",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "less_than": lambda ctx: f"less than {ctx['lt']}",
    "less_than_equal": lambda ctx: f"{ctx['le']} or less",
    "list_type": "a list",
    "literal_error": lambda ctx: ctx["expected"].replace("'", ""),
    "model_attributes_type": "a mapping",
    "model_type": "a mapping",
    "set_type": "a list",
    "string_pattern_mismatch": lambda ctx: f"of the form {ctx['pattern']}",
    "string_too_long": lambda ctx: f"at most {ctx['max_length']} characters long",
    "string_too_short": lambda ctx: f"at least {ctx['min_length']} characters long",
    "string_type": "text (in quotes, if it looks like something else)",
    "tuple_type": "a list",
}

_NUMBERS = {"int_type", "int_parsing", "int_from_float", "greater_than_equal", "less_than_equal"}


def _sentence(detail: ErrorDetails, model: type[BaseModel]) -> str:
    kind, parts, context = detail["type"], detail["loc"], detail.get("ctx", {})
    name = str(parts[-1]) if parts else ""
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return _unknown(name, list(model.model_fields) if len(parts) == 1 else [])
    secret = any(_SECRET.search(str(part)) or _is_secret(model, part) for part in parts)
    value = found(detail["input"], secret)
    if kind in _NUMBERS and name.rpartition("_")[2] == "port":
        return f"{value} is not a port (1 to 65535)"
    expected = _EXPECTED.get(kind)
    if expected is not None:
        return f"{value} is not {expected if isinstance(expected, str) else expected(context)}"
    said = str(context["error"]) if "error" in context else detail["msg"]
    return said if isinstance(detail["input"], dict) or value in said else f"{value}: {said}"
