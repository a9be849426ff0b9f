"""How answers find what they answer."""

import pytest

from gateway.ids import Token
from networks.irc.requests import PATIENCE, Asked, Request, Requests


def sent(requests: Requests, kind: Asked = Asked.CHANGE, *targets: str) -> Request:
    request = Request(kind, Token("1"), targets=targets, needs_fence=kind is Asked.CHANGE)
    requests.number(request)
    requests.sent(request, is_last=True)
    return request


def test_one_fence_at_a_time_stands_for_all_before_it() -> None:
    requests = Requests()
    first, second = sent(requests), sent(requests)
    assert requests.fence() == 1
    third = sent(requests)
    assert requests.fence() == 0
    assert requests.passed(2) == []
    assert requests.passed(1) == [first, second]
    for request in (first, second):
        requests.answered(request)
    assert requests.fence() == 2
    assert requests.passed(2) == [third]
    assert requests.passed(2) == []


def test_what_needs_none_has_none() -> None:
    requests = Requests()
    sent(requests, Asked.JOIN)
    assert requests.fence() == 0


def test_a_lost_fence_is_not_waited_for() -> None:
    requests = Requests()
    old = sent(requests)
    assert requests.fence() == 1
    for _ in range(PATIENCE - 1):
        assert requests.grown_old() == []
    young = sent(requests)
    assert requests.grown_old() == [old]
    requests.answered(old)
    assert requests.fence() == 2
    assert requests.passed(2) == [young]


def test_what_is_half_sent_does_not_grow_old() -> None:
    requests = Requests()
    request = Request(Asked.MESSAGE, Token("1"))
    requests.number(request)
    requests.sent(request, is_last=False)
    assert [requests.grown_old() for _ in range(PATIENCE)] == [[]] * PATIENCE


@pytest.mark.parametrize("label", ["", "x", "2", "2.1", "-1", "٣", "9" * 5000])
def test_labels_of_nobody(label: str) -> None:
    requests = Requests()
    mine = sent(requests)
    assert requests.labeled(label) is None
    assert requests.labeled("1.7") is mine


def test_oldest_of_a_kind() -> None:
    requests = Requests()
    sent(requests, Asked.WHOIS, "romeo")
    juliet = sent(requests, Asked.WHOIS, "juliet")
    assert requests.of_kind(Asked.WHOIS, "juliet") is juliet
    assert requests.of_kind(Asked.JOIN) is None
    assert len(requests) == 2
