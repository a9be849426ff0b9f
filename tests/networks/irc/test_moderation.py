"""https://modern.ircdocs.horse/#operator-messages"""

import pytest

from gateway.commands import Invite, Kick, ListAffiliations, SetAffiliation, SetRole
from gateway.errors import Reason
from gateway.events import Affiliation, Role
from gateway.ids import ChatId, PersonId, Token
from networks.irc.moderation import NO_SUCH_MEMBER, NO_SUCH_RANK, NOT_MODERATED, NOT_THERE
from networks.irc.news import Answered, Denied, Masks, Noticed
from tests.networks.irc.play import IrcPlaybook, in_room, online

ROOM, ROMEO, TOKEN = ChatId("#verona"), PersonId("romeo"), Token("1")


def done(play: IrcPlaybook) -> None:
    """The server has nothing against it."""
    (play << "PING greengate-1" >> ":s PONG s greengate-1" << Answered(TOKEN)).end()


def test_kick() -> None:
    play = in_room("romeo") >> Kick(room=ROOM, person=ROMEO, token=TOKEN, reason="Not\nhere")
    done(play << "KICK #verona romeo :Not here")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("482 juliet #verona :You're not channel operator", Reason.FORBIDDEN),
        ("441 juliet romeo #verona :They aren't on that channel", Reason.NOT_FOUND),
        ("484 juliet romeo #verona :Protected", Reason.FORBIDDEN),
        ("481 juliet :Permission denied", Reason.FORBIDDEN),
        ("461 juliet KICK :Not enough parameters", Reason.BAD_REQUEST),
    ],
)
def test_kick_refused(error: str, reason: Reason) -> None:
    (
        in_room("romeo")
        >> Kick(room=ROOM, person=ROMEO, token=TOKEN)
        << "KICK #verona romeo romeo"
        << "PING greengate-1"
        >> f":s {error}"
        << Denied(TOKEN, reason, error[11:].replace(":", ""))
        >> ":s PONG s greengate-1"
    ).end()


def test_invite() -> None:
    play = in_room() >> Invite(room=ROOM, person=ROMEO, token=TOKEN, reason="Come")
    play = play << "INVITE romeo #verona" << "PING greengate-1"
    (play >> ":s 341 juliet romeo #verona" >> ":s PONG s greengate-1" << Answered(TOKEN)).end()


@pytest.mark.parametrize(
    ("now", "role", "line"),
    [
        ("romeo", Role.MODERATOR, "+o romeo"),
        ("@romeo", Role.PARTICIPANT, "-o romeo"),
        ("&@+romeo", Role.PARTICIPANT, "-ao romeo romeo"),
    ],
)
def test_role(now: str, role: Role, line: str) -> None:
    play = in_room(now) >> SetRole(room=ROOM, person=ROMEO, role=role, token=TOKEN)
    done(play << f"MODE #verona {line}")


@pytest.mark.parametrize(
    ("now", "role", "line"),
    [
        ("romeo", Role.PARTICIPANT, "+v romeo"),
        ("@romeo", Role.PARTICIPANT, "-o+v romeo romeo"),
        ("+romeo", Role.VISITOR, "-v romeo"),
        ("@+romeo", Role.VISITOR, "-ov romeo romeo"),
    ],
)
def test_role_where_it_is_moderated(now: str, role: Role, line: str) -> None:
    play = (in_room(now) >> ":s 324 juliet #verona +m").skip()
    play = play >> SetRole(room=ROOM, person=ROMEO, role=role, token=TOKEN)
    done(play << f"MODE #verona {line}")


def test_role_that_is_so_already() -> None:
    play = in_room("@romeo")
    play >> SetRole(room=ROOM, person=ROMEO, role=Role.MODERATOR, token=TOKEN)
    (play << Answered(TOKEN)).end()


@pytest.mark.parametrize(
    ("room", "who", "role", "reason", "words"),
    [
        (ROOM, "nobody", Role.MODERATOR, Reason.NOT_FOUND, NO_SUCH_MEMBER),
        (ChatId("#x"), "romeo", Role.MODERATOR, Reason.NOT_FOUND, NOT_THERE),
        (ROOM, "romeo", Role.VISITOR, Reason.NOT_ALLOWED, NOT_MODERATED),
    ],
)
def test_role_that_cannot_be(
    room: ChatId, who: str, role: Role, reason: Reason, words: str
) -> None:
    play = in_room("romeo") >> SetRole(room=room, person=PersonId(who), role=role, token=TOKEN)
    (play << Denied(TOKEN, reason, words)).end()


@pytest.mark.parametrize(
    ("now", "wanted", "line"),
    [
        ("romeo", Affiliation.OWNER, "+q romeo"),
        ("~romeo", Affiliation.ADMIN, "-q+o romeo romeo"),
        ("@romeo", Affiliation.MEMBER, "-o+v romeo romeo"),
        ("&@%+romeo", Affiliation.NONE, "-aoh romeo romeo romeo"),
    ],
)
def test_affiliation(now: str, wanted: Affiliation, line: str) -> None:
    play = in_room(now)
    play >> SetAffiliation(room=ROOM, who="romeo", affiliation=wanted, token=TOKEN)
    play << f"MODE #verona {line}"
    if wanted is Affiliation.NONE:
        play << "MODE #verona -v romeo"
    done(play)


def test_rank_that_the_network_does_not_have() -> None:
    play = in_room("romeo", support="PREFIX=(ov)@+")
    play >> SetAffiliation(room=ROOM, who="romeo", affiliation=Affiliation.OWNER, token=TOKEN)
    (play << Denied(TOKEN, Reason.NOT_SUPPORTED, NO_SUCH_RANK)).end()


def ban(who: str, what: Affiliation = Affiliation.OUTCAST) -> SetAffiliation:
    return SetAffiliation(room=ROOM, who=who, affiliation=what, token=TOKEN, reason="Exile")


def test_ban_somebody_there() -> None:
    play = in_room("romeo!r@montague.lit") >> ban("romeo")
    done(play << "MODE #verona +b *!*@montague.lit" << "KICK #verona romeo Exile")


def test_first_of_two_lines_refused() -> None:
    (
        in_room("romeo")
        >> ban("romeo")
        << "MODE #verona +b romeo!*@*"
        << "KICK #verona romeo Exile"
        << "PING greengate-1"
        >> ":s 482 juliet #verona :No"
        << Denied(TOKEN, Reason.FORBIDDEN, "#verona No")
        >> ":s 482 juliet #verona :No"
        << Noticed("#verona No")
        >> ":s PONG s greengate-1"
    ).end()


@pytest.mark.parametrize(
    ("who", "what", "line"),
    [
        ("tybalt", Affiliation.OUTCAST, "+b tybalt!*@*"),
        ("*!*@capulet.lit", Affiliation.OUTCAST, "+b *!*@capulet.lit"),
        ("*!*@capulet.lit", Affiliation.NONE, "-b *!*@capulet.lit"),
    ],
)
def test_ban_somebody_who_is_not_there(who: str, what: Affiliation, line: str) -> None:
    done(in_room() >> ban(who, what) << f"MODE #verona {line}")


def test_rank_for_somebody_who_is_not_there() -> None:
    play = in_room() >> ban("tybalt", Affiliation.ADMIN)
    (play << Denied(TOKEN, Reason.NOT_FOUND, NO_SUCH_MEMBER)).end()


# Lists.


def listing(what: Affiliation) -> ListAffiliations:
    return ListAffiliations(room=ROOM, affiliation=what, token=TOKEN)


def test_bans() -> None:
    (
        in_room()
        >> listing(Affiliation.OUTCAST)
        << "MODE #verona b"
        >> ":s 367 juliet #verona *!*@montague.lit prince!p@v 1215302400"
        >> ":s 367 juliet #verona tybalt!*@*"
        >> ":s 368 juliet #verona :End"
        << Masks(
            TOKEN,
            ROOM,
            (("*!*@montague.lit", "prince, 2008-07-06 00:00 UTC"), ("tybalt!*@*", "")),
        )
        >> ":s 367 juliet #verona a!*@*"
        << Noticed("#verona a!*@*")
    ).end()


def test_bans_are_secret() -> None:
    play = online() >> listing(Affiliation.OUTCAST) << "MODE #verona b"
    (
        play
        >> ":s 442 juliet #verona :You're not on that channel"
        << Denied(TOKEN, Reason.NOT_ACCEPTABLE, "#verona You're not on that channel")
    ).end()


def test_ranks() -> None:
    play = in_room("@romeo", "&Prince", "+nurse", "%watch")
    (
        play >> listing(Affiliation.ADMIN) << Masks(TOKEN, ROOM, (("romeo", ""), ("Prince", "")))
    ).end()
    (
        play >> listing(Affiliation.MEMBER) << Masks(TOKEN, ROOM, (("nurse", ""), ("watch", "")))
    ).end()
    play = online() >> listing(Affiliation.OWNER)
    (play << Denied(TOKEN, Reason.NOT_FOUND, NOT_THERE)).end()
