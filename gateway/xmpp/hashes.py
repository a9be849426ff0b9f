"""Capabilities as a hash (XEP-0115, section 5.1): ours, and those of clients."""

import hashlib
from base64 import b64encode
from collections.abc import Iterable


def hashed(
    identities: Iterable[tuple[str, str, str, str]],
    features: Iterable[str],
    forms: Iterable[tuple[str, Iterable[tuple[str, Iterable[str]]]]] = (),
) -> str:
    """The verification string (section 5.1), hashed.

    identities: category, type, xml:lang, name.  forms: FORM_TYPE, and the values by var.
    """
    parts = ["/".join(identity) for identity in sorted(identities)]
    parts += sorted(features)
    for form_type, fields in sorted(forms):
        parts.append(form_type)
        for var, values in sorted(fields):
            parts += [var, *sorted(values)]
    text = "".join(f"{part}<" for part in parts)
    # SHA-1 is what the XEP has everybody implement, and nobody's secret depends on it.
    return b64encode(hashlib.sha1(text.encode(), usedforsecurity=False).digest()).decode()
