"""Registering, changing a registration, and ending it."""

import pytest

from tests.conformance.adapter import Account, Can
from tests.conformance.stage import Member, Stage, refusal
from tests.endtoend.client import REGISTER, is_presence

FAREWELL = ("unsubscribe", "unsubscribed", "unavailable")


def remove(beside: str = "") -> str:
    return f"<query xmlns='{REGISTER}'><remove/>{beside}</query>"


# First time.


def test_R1_the_form(stage: Stage) -> None:
    """Who is not registered gets instructions and fields; none required by the data form alone
    where plain fields stand beside it.

    XEP-0077, section 4
    """
    offered = stage.registration(stage.user())
    assert not offered.is_registered
    assert offered.instructions, "no instructions"
    assert offered.plain or offered.has_form, "nothing to fill in"
    if offered.has_form:
        assert offered.form_type == REGISTER
    if offered.plain and offered.has_form:
        assert offered.required <= set(offered.plain), "required by the form alone"


def test_R1_plain_fields(stage: Stage) -> None:
    """The plain fields are enough for clients that know no forms.

    XEP-0077, section 3.1.1
    """
    user, account = stage.user(), stage.network.account()
    stage.register_plainly(user, account)
    user.befriend(stage.gateway)
    user.sees_presence(stage.gateway)
    assert stage.network.is_online(account)


def test_R2_success(stage: Stage) -> None:
    """Good data is answered by an empty result, and then it is on file.

    XEP-0100, section 4.1.1
    """
    user, account = stage.user(), stage.network.account()
    stage.register(user, account)
    assert stage.registration(user).is_registered


@pytest.mark.needs(Can.OUTAGE)
def test_R2_is_verified(stage: Stage) -> None:
    """While the network cannot be reached nothing is accepted, nor kept: it could not be verified.

    XEP-0100, section 4.1.1
    """
    user, account = stage.user(), stage.network.account()
    stage.network.stop()
    try:
        refusal(lambda: stage.register(user, account))
        assert not stage.registration(user).is_registered
    finally:
        stage.network.start()


def test_R3_wrong_data(stage: Stage) -> None:
    """What the network refuses is not acceptable, is not kept, and no password is repeated.

    XEP-0100, section 4.1.2
    """
    user, account = stage.user(), stage.network.refused()
    refused = refusal(lambda: stage.register(user, account))
    assert refused.condition == "not-acceptable"
    assert not account.password or account.password not in str(refused)
    assert not stage.registration(user).is_registered


def test_R3_empty_data(stage: Stage) -> None:
    """A required field that is empty or missing is not acceptable.

    XEP-0077, section 3.1.1
    """
    user, account = stage.user(), stage.network.account()
    refused = refusal(lambda: stage.register(user, Account("", account.password)))
    assert refused.condition == "not-acceptable"
    assert not stage.registration(user).is_registered


@pytest.mark.needs(Can.KEPT_MESSAGES)
def test_R4_what_waits_at_the_network(stage: Stage) -> None:
    """Messages that come while the registration is verified arrive, once.

    XEP-0100, section 4.1.1
    """
    user, account, person = stage.user(), stage.network.account(), stage.network.person()
    person.say(account.name, "I was early.")
    stage.enrol(user, account)
    user.hears(stage.jid(person), "I was early.")
    person.say(account.name, "And late.")
    user.hears(stage.jid(person), "And late.")
    user.inbox.refuse(lambda s: s.text("body") == "I was early.", "it again")


def test_R5_the_gateway_as_a_contact(stage: Stage) -> None:
    """It asks for a subscription, and grants the user's own, both by its bare address.

    XEP-0100, section 4.1.1
    """
    user, account = stage.user(), stage.network.account()
    stage.register(user, account)
    user.befriend(stage.gateway)
    stage.until(
        lambda: stage.roster(user).get(stage.gateway) == "both", "the gateway in the roster"
    )


def test_R6_logs_in(stage: Stage) -> None:
    """Who has registered and is online is logged in at once, and told so.

    XEP-0100, section 4.1.1
    """
    member = stage.member()
    assert stage.network.is_online(member.account)


def test_R7_again(stage: Stage) -> None:
    """To register anew is to change the registration, from whichever of the user's clients.

    XEP-0077, section 3.1.1
    """
    member = stage.member()
    other = stage.again(member.client, "two")
    stage.register(other, member.account)
    assert stage.registration(other).is_registered
    assert stage.network.sessions(member.account) <= 1


# Changing it.


def _protected(stage: Stage) -> Member:
    """With a password, where there are any."""
    return stage.member() if Can.PASSWORDS in stage.network.cannot else stage.protected()


def test_E1_what_is_on_file(stage: Stage) -> None:
    """Who is registered is told so, with what is on file, but never the password.

    XEP-0077, section 3.1.1
    """
    member = _protected(stage)
    user, account = member.client, member.account
    offered = stage.registration(user)
    assert offered.is_registered
    name = stage.name_field(offered)
    assert account.name in (offered.value(name), offered.plain.get(name))
    if account.password:
        answer = user.ask(stage.gateway, "get", f"<query xmlns='{REGISTER}'/>")
        assert account.password not in "".join(answer.itertext())


def test_E2_another_account(stage: Stage) -> None:
    """New data replaces the old: the user is logged in with it, and with the old no more.

    XEP-0100, section 4.2.1
    """
    member, changed = stage.member(), stage.network.account()
    stage.register(member.client, changed)
    stage.until(lambda: stage.network.is_online(changed), "the new account online")
    stage.until(lambda: not stage.network.is_online(member.account), "the old one offline")
    offered = stage.registration(member.client)
    assert changed.name in (
        offered.value(stage.name_field(offered)),
        offered.plain.get(stage.name_field(offered)),
    )


def test_E3_a_change_that_fails(stage: Stage) -> None:
    """What the network refuses changes nothing: the old registration holds, and works.

    XEP-0100, section 4.2.2
    """
    member = _protected(stage)
    refused = refusal(lambda: stage.register(member.client, stage.network.refused()))
    assert refused.condition == "not-acceptable"
    offered = stage.registration(member.client)
    assert offered.is_registered
    name = stage.name_field(offered)
    assert member.account.name in (offered.value(name), offered.plain.get(name))
    stage.until(lambda: stage.network.is_online(member.account), "the old account online")
    person = stage.network.person()
    person.say(member.account.name, "Still you?")
    member.client.hears(stage.jid(person), "Still you?")


@pytest.mark.needs(Can.PASSWORDS)
def test_E4_an_empty_password(stage: Stage) -> None:
    """An empty password leaves the one on file as it is.

    XEP-0077, section 3.1.1
    """
    member = stage.protected()
    stage.register(member.client, Account(member.account.name))
    stage.log_in_again(member)
    assert stage.network.is_online(member.account)


def test_E5_two_users(stage: Stage) -> None:
    """Two users can both change their registrations, and each only their own.

    XEP-0100, section 4.2.1
    """
    members = [stage.member(), stage.member()]
    changed = [stage.network.account(), stage.network.account()]
    for member, account in zip(members, changed, strict=True):
        stage.register(member.client, account)
    stage.until(lambda: all(map(stage.network.is_online, changed)), "both online")


# Ending it.


def test_U1_is_logged_out(stage: Stage) -> None:
    """Whichever client of a user ends it, the user is logged out of the network.

    XEP-0100, section 4.3.1
    """
    member = stage.member()
    other = stage.again(member.client, "two")
    other.unregister(stage.gateway)
    stage.until(lambda: not stage.network.is_online(member.account), "the log-out")


def test_U2_nothing_is_kept(stage: Stage) -> None:
    """Afterwards nothing is on file, messages included, and who returns starts anew.

    XEP-0100, section 4.3.1
    """
    member, _, contact = stage.friends()
    user = member.client
    user.unregister(stage.gateway)
    offered = stage.registration(user)
    assert not offered.is_registered
    shown = [*offered.plain.values(), *map(offered.value, offered.form)]
    assert member.account.name not in shown
    user.say(contact, "Are you there?")
    user.sees_error(contact, "registration-required")


def test_U3_the_gateway_takes_its_leave(stage: Stage) -> None:
    """It ends both subscriptions, and goes offline.

    XEP-0100, section 4.3.1
    """
    user = stage.member().client
    user.unregister(stage.gateway)
    for kind in FAREWELL:
        user.sees_presence(stage.gateway, kind)
    stage.until(lambda: stage.roster(user).get(stage.gateway, "none") == "none", "its end")


def test_U4_not_registered(stage: Stage) -> None:
    """Who is not registered cannot end it.

    XEP-0077, section 3.2.1
    """
    user = stage.user()
    refused = refusal(lambda: user.unregister(stage.gateway))
    assert refused.condition == "registration-required"


def test_U4_remove_and_more(stage: Stage) -> None:
    """A removal with something beside it is a mistake, and removes nothing.

    XEP-0077, section 3.2.1
    """
    user = stage.member().client
    refused = refusal(lambda: user.ask(stage.gateway, "set", remove("<nick>x</nick>")))
    assert refused.condition == "bad-request"
    assert stage.registration(user).is_registered


def test_U5_contacts_go_too(stage: Stage) -> None:
    """The gateway's contacts leave the roster, or are at least offline and subscribed to no more.

    XEP-0100, section 4.3.1
    """
    member, _, contact = stage.friends()
    user = member.client
    user.unregister(stage.gateway)
    stage.until(lambda: stage.roster(user).get(contact, "none") == "none", "the contact's end")


def test_U6_a_subscription_is_no_registration(stage: Stage) -> None:
    """Who only ends the subscription to the gateway does not lose the registration unasked.

    XEP-0100, section 4.3
    """
    user = stage.member().client
    user.presence(stage.gateway, "unsubscribe")
    stage.settle(user)
    assert stage.registration(user).is_registered
    user.inbox.refuse(lambda s: is_presence(s, stage.gateway, "unsubscribe"), "a farewell")
