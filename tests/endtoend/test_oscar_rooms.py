"""Chat rooms of AIM, as XEP-0045."""

from tests.endtoend.client import MUC_USER, codes, has_code
from tests.endtoend.oscar_rig import AIM, OscarStage
from tests.endtoend.rig import unique
from tests.servers.oscar import Entered, Invited, Said


def test_a_room(verona: OscarStage) -> None:
    juliet, nurse, romeo = verona.member(AIM), verona.member(AIM, "nurse"), verona.person(AIM)
    name = unique("verona balcony ")
    address = f"#{name}".replace(" ", "\\20") + f"@{AIM}"
    romeo.join(name)
    came = juliet.client.join(f"{address}/{juliet.name}")
    assert f"{address}/{romeo.name}" in [stanza.sender for stanza in came]
    assert any("110" in codes(stanza) for stanza in came)
    romeo.wait(Entered, name=juliet.name)
    nurse.client.join(f"{address}/{nurse.name}")
    juliet.client.sees_presence(f"{address}/{nurse.name}")

    text = 'O <Romeo> & "Montague" ♥'
    juliet.client.say(address, text, "groupchat")
    for listener in (juliet, nurse):
        listener.client.hears(f"{address}/{juliet.name}", text, "groupchat")
    said = romeo.wait(Said, sender=juliet.name)
    assert "&lt;Romeo&gt; &amp;" in said.text
    romeo.say_in(name, "<HTML><B>Shall</B> I &lt;hear&gt; more?</HTML>")
    for listener in (juliet, nurse):
        listener.client.hears(f"{address}/{romeo.name}", "*Shall* I <hear> more?", "groupchat")

    romeo.leave(name)
    juliet.client.sees_presence(f"{address}/{romeo.name}", "unavailable")
    juliet.client.presence(f"{address}/{juliet.name}", "unavailable")
    juliet.client.sees_presence(address, "unavailable", has_code(110))
    nurse.client.sees_presence(f"{address}/{juliet.name}", "unavailable")


def test_invitations(verona: OscarStage) -> None:
    juliet, romeo = verona.member(AIM), verona.person(AIM)
    name = unique("cell")
    address = f"#{name}@{AIM}"
    romeo.join(name)
    romeo.invite(juliet.name, name, "Come & <see>")
    invitation = juliet.client.expect(
        "an invitation", lambda s: s.has(f"{{{MUC_USER}}}x/{{{MUC_USER}}}invite")
    )
    assert invitation.sender == address
    reason = invitation.xml.findtext(f".//{{{MUC_USER}}}reason")
    assert reason == "Come & <see>"
    juliet.client.join(f"{address}/{juliet.name}")
    romeo.wait(Entered, name=juliet.name)
    nurse = verona.person(AIM, "nurse")
    juliet.client.send(
        f"<message to='{address}'><x xmlns='{MUC_USER}'>"
        f"<invite to='{nurse.name}@{AIM}'><reason>Quick</reason></invite></x></message>"
    )
    asked = nurse.wait(Invited)
    assert (asked.sender, asked.text) == (juliet.name, "Quick")
    assert asked.room.endswith(name)


def test_a_private_word_in_a_room(verona: OscarStage) -> None:
    juliet, romeo = verona.member(AIM), verona.person(AIM)
    name = unique("cell")
    romeo.join(name)
    juliet.client.join(f"#{name}@{AIM}/{juliet.name}")
    romeo.say_in(name, "between us", whisper_to=juliet.name)
    juliet.client.expect("a whisper", lambda s: s.text("body") == "between us" and s.type == "chat")


def test_the_rooms_of_the_operator(verona: OscarStage) -> None:
    server = verona.servers.main
    juliet = verona.member(AIM)
    name = unique("lounge")
    juliet.client.enter(f"#{name}%5@{AIM}/{juliet.name}")
    juliet.client.sees_error(f"#{name}%5@{AIM}", "item-not-found", "presence")
    server.make_room(name)
    juliet.client.join(f"#{name}%5@{AIM}/{juliet.name}")
