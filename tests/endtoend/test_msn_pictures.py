"""Display pictures of MSN, as avatars."""

from base64 import b64decode, b64encode
from io import BytesIO

from PIL import Image

from tests.endtoend.msn_rig import MSN, MsnStage, accept, local
from tests.servers.msn import Came, Pictured

VCARD = "vcard-temp"
VCARD_UPDATE = "vcard-temp:x:update"
HASH = f"{{{VCARD_UPDATE}}}x/{{{VCARD_UPDATE}}}photo"


def picture(width: int = 96) -> bytes:
    out = BytesIO()
    Image.effect_noise((width, width), 90).save(out, "PNG")
    return out.getvalue()


def test_their_picture(mantua: MsnStage) -> None:
    romeo = mantua.person(MSN, online=False)
    romeo.picture = picture()
    juliet = mantua.member(MSN, contacts=(romeo.address,))
    contact = local(romeo.address, MSN)
    romeo.sign_on()
    accept(juliet.client, contact)
    juliet.client.sees_presence(contact, "", lambda s: bool(s.xml.findtext(HASH)))
    card = juliet.client.ask(contact, "get", f"<vCard xmlns='{VCARD}'/>")
    shown = card.findtext(f".//{{{VCARD}}}BINVAL", "")
    assert b64decode(shown) == romeo.picture


def test_our_picture(mantua: MsnStage) -> None:
    juliet, romeo, _ = mantua.friends(MSN)
    photo = b64encode(picture()).decode()
    card = f"<PHOTO><TYPE>image/png</TYPE><BINVAL>{photo}</BINVAL></PHOTO>"
    juliet.client.ask(juliet.client.jid, "set", f"<vCard xmlns='{VCARD}'>{card}</vCard>")
    juliet.client.send(
        f"<presence><x xmlns='{VCARD_UPDATE}'><photo>{'0' * 40}</photo></x></presence>"
    )
    while not (described := romeo.wait(Came, who=juliet.name).object):
        pass
    romeo.fetch_picture(juliet.name, described)
    shown = romeo.wait(Pictured).picture
    assert Image.open(BytesIO(shown)).size == (96, 96)
