"""A refusal that says more than one of RFC 6120's conditions can."""

from xml.etree.ElementTree import Element

from gateway.errors import CommandRefused, Reason


class Refusal(CommandRefused):
    """With an application-specific condition beside the defined one (RFC 6120, section 8.3.4)."""

    def __init__(self, reason: Reason, condition: Element, text: str = "") -> None:
        super().__init__(reason, text)
        self.condition = condition
