"""https://xmpp.org/extensions/xep-0202.html"""

from datetime import UTC, datetime, timedelta

from gateway.errors import Reason
from tests.gateway.xmpp.asking import DOMAIN, User, get, refusal, transport

TIME = "<time xmlns='urn:xmpp:time'/>"
NS = "{urn:xmpp:time}"


def test_time_is_utc() -> None:
    found = get(User(transport()), TIME)
    assert found.tag == f"{NS}time"
    assert found.findtext(f"{NS}tzo") == "+00:00"
    told = datetime.fromisoformat(found.findtext(f"{NS}utc", ""))
    assert abs(told - datetime.now(UTC)) < timedelta(seconds=5)


def test_of_people_we_do_not_know() -> None:
    refused = refusal(lambda: get(User(transport()), TIME, f"romeo@{DOMAIN}"))
    assert refused.reason is Reason.NOT_SUPPORTED
