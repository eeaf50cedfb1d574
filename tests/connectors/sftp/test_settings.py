from __future__ import annotations

import pytest
from pydantic import ValidationError

from patto_connectors.sftp import SftpSettings
from patto_connectors.sftp.pins import Pin, algorithms, read_pin

LINE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIHIVi2pf0aXmmo1xVYJBw8bH8/LVc3u0YOUkjLbFTtb"
PRINT = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"


def settings(**more):
    fields = {"host": "sftp.ambito.example", "user": "u", "password": "p", "host_keys": [LINE], "folder": "/in"}
    return SftpSettings.model_validate(fields | more)


@pytest.mark.parametrize("line", [LINE, f"{LINE} root@server", f"sftp.ambito.example,10.0.0.1 {LINE}"])
def test_a_key_line_is_read_as_partners_send_it(line):
    pin = read_pin(line)

    assert pin.kind == "ssh-ed25519"
    assert len(pin.fingerprint) == len(PRINT)


@pytest.mark.parametrize(("text", "kind"), [(PRINT, ""), (f"ssh-rsa {PRINT}", "ssh-rsa")])
def test_a_fingerprint_is_read_with_and_without_its_kind(text, kind):
    assert read_pin(text) == Pin(kind, PRINT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ssh-ed25519",
        "ssh-ed25519 canarino",
        "ssh-ed25519 AAAA",
        LINE.replace("ssh-ed25519", "ssh-rsa"),
        "ssh-dss AAAAB3NzaC1kc3MAAACBAP",
        "MD5:aa:bb",
        "SHA256:short",
        "SHA1:47DEQpj8HBSa",
    ],
)
def test_what_pins_nothing_is_refused(text):
    with pytest.raises(ValidationError):
        settings(host_keys=[text])


def test_the_kinds_that_are_pinned_are_asked_for_first():
    order = algorithms([Pin("ssh-rsa", PRINT), Pin("", PRINT)])

    assert order[:2] == ["rsa-sha2-512", "rsa-sha2-256"]
    assert "ssh-ed25519" in order
    assert "ssh-rsa" not in order


@pytest.mark.parametrize(
    "wrong",
    [
        {"host_keys": []},
        {"password": None},
        {"key": "x", "key_file": "/x"},
        {"folder": "/in/../etc"},
        {"folder": ""},
        {"done": "a\0b"},
        {"host": "sftp://ambito.example"},
        {"host": "a b"},
        {"port": 0},
        {"user": ""},
        {"trust_on_first_use": True},
    ],
)
def test_settings_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValidationError):
        settings(**wrong)


def test_folders_have_no_slash_at_their_end():
    assert settings(folder="/in/", done="/").folder == "/in"
    assert settings(folder="/in/", done="/").done == "/"
