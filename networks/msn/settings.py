"""What the operator can set for an MSN transport, under ``transports.<domain>``."""

from dataclasses import dataclass
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from gateway.settings import HOST, Host, Port, TlsSettings

HTTP, HTTPS = 80, 443


@dataclass(frozen=True, slots=True)
class Url:
    """Where an HTTP service is."""

    is_tls: bool
    host: str
    port: int
    path: str
    """Without a slash at the end."""
    is_whole: bool = False
    """The path is that of one service, not of a folder of several."""

    def target(self, path: str) -> str:
        """What to ask for if ``path`` is where the service is usually."""
        return self.path if self.is_whole else self.path + path

    @classmethod
    def parse(cls, text: str, *, is_whole: bool = False) -> "Url":
        """
        Raises:
            ValueError: it is no URL of the kind.
        """
        parts = urlsplit(text)
        if parts.scheme not in ("http", "https") or not HOST.fullmatch(parts.hostname or ""):
            raise ValueError(f"{text!r} is not the URL of a web server")
        is_tls = parts.scheme == "https"
        port = parts.port or (HTTPS if is_tls else HTTP)
        return cls(is_tls, parts.hostname or "", port, parts.path.rstrip("/"), is_whole)


class MsnSettings(TlsSettings):
    """``network: msn``."""

    server: Host
    """Host name or address of the notification server."""
    port: Port = 1863
    """1863 with all servers.  What is said there is never encrypted, whatever the server."""
    services: str = ""
    """Base URL of the HTTP services (log-in, contact lists, offline messages), all on one host; ""
    for ``https://`` and ``server``."""
    plain_passwords: bool = False
    """Allow ``services`` to be ``http://``.  Whoever listens can read passwords then."""
    protocol: Literal["MSNP15", "MSNP14", "MSNP13"] = "MSNP15"
    """The dialect; with the older two, log-in is by TWN instead of SSO."""
    ping_seconds: Annotated[float, Field(ge=5, le=3600)] = 60.0
    """A sign of life is asked for as often; when none comes for twice that, the connection counts
    as lost."""

    @field_validator("services")
    @classmethod
    def _is_url(cls, value: str) -> str:
        if value:
            Url.parse(value)
        return value

    @model_validator(mode="after")
    def _keeps_passwords(self) -> Self:
        if not (self.url.is_tls or self.plain_passwords):
            raise ValueError(
                "services is http://, by which passwords are sent unencrypted: "
                "say https://, or plain_passwords: true"
            )
        return self

    @property
    def url(self) -> Url:
        host = f"[{self.server}]" if ":" in self.server else self.server
        return Url.parse(self.services or f"https://{host}")
