"""What the settings of networks are made of: models for pydantic, and kinds of values."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from gateway.fsm import Tls

HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}")
"""A name or an address; what cannot be connected to is found out by trying."""

FINGERPRINT = re.compile("[0-9a-f]{64}")


def is_encoding(name: str) -> bool:
    """Whether any bytes at all can be read with it (``rot13`` and ``idna`` are codecs too)."""
    try:
        return isinstance(bytes(range(256)).decode(name, errors="replace"), str)
    except (LookupError, ValueError):
        return False


def _host(value: str) -> str:
    if not HOST.fullmatch(value):
        raise ValueError(f"{value!r} is not the name of a host")
    return value.lower()


def _encoding(value: str) -> str:
    if not is_encoding(value):
        raise ValueError(f"{value!r} is not the name of a character encoding")
    return value


def _fingerprint(value: str) -> str:
    plain = value.replace(":", "").lower()
    if not FINGERPRINT.fullmatch(plain):
        raise ValueError(f"{value!r} is not a SHA-256 fingerprint (64 hexadecimal digits)")
    return plain


def _fingerprints(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(_fingerprint, values))


Port = Annotated[int, Field(ge=1, le=65535)]
Host = Annotated[str, AfterValidator(_host)]
HostIfAny = Annotated[str, AfterValidator(lambda value: value and _host(value))]
"""May be empty."""
Encoding = Annotated[str, AfterValidator(_encoding)]
Names = Annotated[tuple[str, ...], Field(strict=False)]
"""YAML knows lists only."""
Fingerprints = Annotated[Names, AfterValidator(_fingerprints)]


class Settings(BaseModel):
    """What a network lets the operator set under ``transports.<domain>`` in gateway.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class TlsSettings(Settings):
    """Of networks whose servers have certificates."""

    verify: bool = True
    """Refuse certificates that no authority vouches for."""
    ca_file: str = ""
    """PEM file of the authorities to trust instead of the system's."""
    fingerprints: Fingerprints = ()
    """Accept exactly these certificates (SHA-256), whoever signed them."""

    @property
    def trust(self) -> Tls:
        return Tls(
            verify=self.verify, ca_file=self.ca_file, fingerprints=frozenset(self.fingerprints)
        )
