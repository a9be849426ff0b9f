"""Elements of answers: ``element("{ns}query", element("{ns}item"), node="x")``.

For what is rare; messages and presence are made as text, in ``stanzas``, which also cleans these
when they are sent.
"""

from collections.abc import Iterable
from xml.etree.ElementTree import Element


def element(tag: str, *content: Element | str | None, **attributes: str | None) -> Element:
    """An element with its children and its text, in that order; what is None is left out.

    ``tag`` carries its namespace, as in ElementTree: ``{jabber:x:data}field``.
    """
    made = Element(tag, {k: v for k, v in attributes.items() if v is not None})
    for part in content:
        if isinstance(part, str):
            made.text = (made.text or "") + part
        elif part is not None:
            made.append(part)
    return made


def elements(namespace: str, pairs: Iterable[tuple[str, str]]) -> list[Element]:
    """Names and texts to elements with nothing but text."""
    return [element(f"{{{namespace}}}{name}", text) for name, text in pairs]


def name(found: Element) -> str:
    """Of an element, without its namespace."""
    return found.tag.rpartition("}")[2]


def text(parent: Element, tag: str) -> str:
    """Of a child, without blanks around it; "" if there is none."""
    return (parent.findtext(tag) or "").strip()
