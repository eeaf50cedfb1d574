from __future__ import annotations

import socket

from patto_hub.observe.notify import notify


def test_systemd_is_told(tmp_path) -> None:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(address)

        assert notify("READY=1", {"NOTIFY_SOCKET": address})

        assert receiver.recv(100) == b"READY=1"


def test_an_abstract_address_works_too() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind("\0patto-test-notify")

        assert notify("STOPPING=1", {"NOTIFY_SOCKET": "@patto-test-notify"})

        assert receiver.recv(100) == b"STOPPING=1"


def test_outside_systemd_nothing_is_sent() -> None:
    assert not notify("READY=1", {})
