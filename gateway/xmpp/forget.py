"""What is remembered of users beside their sessions: all of it goes when they unregister."""

from gateway.ids import SessionKey
from gateway.xmpp import chat, commands, directory


def forget(key: SessionKey) -> None:
    directory.forget(key)
    commands.SESSIONS.forget(key.user)
    chat.DIALOGUES.forget(key)
