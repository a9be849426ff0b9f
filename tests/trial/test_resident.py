"""Somebody on IRC who answers."""

import json
import socket
import sys
from pathlib import Path

import pytest

from gateway.trial import story
from gateway.trial.ngircd import Ngircd
from gateway.trial.process import Child
from gateway.trial.resident import reply
from gateway.trial.scene import RESIDENT

PATIENCE = 20.0


@pytest.mark.parametrize(
    ("target", "text", "answer"),
    [
        (RESIDENT, "Hello", "PRIVMSG romeo :Thou saidst: Hello"),
        ("#verona", "Good morrow, Benvolio!", "PRIVMSG #verona :romeo: Good morrow, cousin."),
        ("#verona", "Good morrow, all!", ""),
        (RESIDENT, "\x01VERSION\x01", ""),
    ],
)
def test_reply(target: str, text: str, answer: str) -> None:
    assert reply("romeo", target, text) == answer


def test_resident_is_in_the_channel_and_answers(tmp_path: Path, ngircd_server: Ngircd) -> None:
    place = json.dumps([ngircd_server.host, ngircd_server.port, "#resident"])
    command = [sys.executable, "-m", "gateway.trial.resident", place]
    with (
        Child("resident", command, tmp_path, env=story.MODULES),
        socket.create_connection((ngircd_server.host, ngircd_server.port), PATIENCE) as sock,
        sock.makefile("r") as lines,
    ):
        sock.sendall(b"NICK mercutio\r\nUSER mercutio 0 * :m\r\nJOIN #resident\r\n")
        for line in lines:
            is_there = f":{RESIDENT}!" in line or (" 353 " in line and RESIDENT in line)
            if is_there and "PRIVMSG" not in line:
                sock.sendall(f"PRIVMSG {RESIDENT} :Nay, gentle\r\n".encode())
            elif is_there:
                assert line.rstrip().endswith("PRIVMSG mercutio :Thou saidst: Nay, gentle")
                return
    raise AssertionError("no answer")
