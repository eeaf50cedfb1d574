from __future__ import annotations

import logging
import os
import socket

import asyncssh
import pytest

from patto_connectors.errors import Refused, Unreachable
from patto_connectors.sftp import SftpSettings
from patto_connectors.sftp.pins import fingerprint
from patto_connectors.sftp.session import _options, open_session
from patto_connectors.testing.sftp import FakeSftp

PATIENCE = {"connect": 1, "operation": 0.5}


def fingerprint_of(line):
    return asyncssh.import_public_key(line).get_fingerprint()


async def login(settings):
    async with open_session(settings):
        pass


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        ("reset", Unreachable, "sftp.greeting"),
        ("silent", Unreachable, "sftp.timeout"),
        ("not_ssh", Unreachable, "sftp.greeting"),
        ("host_key", Refused, "sftp.host_key"),
        ("full", Unreachable, "sftp.full"),
        ("login", Refused, "sftp.login"),
        ("no_sftp", Refused, "sftp.subsystem"),
    ],
)
async def test_what_befalls_a_connection_has_a_name(fake, fault, kind, code):
    fake.faults.order(fault)

    async with fake.running():
        with pytest.raises(kind) as trouble:
            await login(fake.settings(timeouts=PATIENCE))
        await login(fake.settings(timeouts=PATIENCE))

    assert trouble.value.code == code
    assert trouble.value.__cause__ is None


async def test_F20_a_closed_port_is_tried_again_later(fake, unused_tcp_port):
    with pytest.raises(Unreachable) as trouble:
        await login(fake.settings(port=unused_tcp_port))

    assert trouble.value.code == "sftp.connect"


async def test_F20_a_name_that_is_not_known_is_tried_again_later(fake, monkeypatch):
    def unknown(*args, **kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "canary")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    with pytest.raises(Unreachable) as trouble:
        await login(fake.settings(host="sftp.ambito.invalid", port=22))

    assert trouble.value.code == "sftp.dns"


async def test_F20_a_reset_is_tried_again_later(fake):
    fake.faults.order("reset")

    async with fake.running():
        with pytest.raises(Unreachable):
            await login(fake.settings())


async def test_F28_a_web_server_at_the_address_is_told(fake):
    fake.faults.order("not_ssh")

    async with fake.running():
        with pytest.raises(Unreachable) as trouble:
            await login(fake.settings())

    assert "SFTP server" in trouble.value.hint


async def test_F29_a_key_that_was_not_agreed_on_is_refused_and_named(fake):
    fake.faults.order("host_key")

    async with fake.running():
        with pytest.raises(Refused) as refused:
            await login(fake.settings())

    assert fingerprint_of(fake.other_host_key) in refused.value.detail
    assert "ssh-ed25519" in refused.value.detail
    assert "host_keys" in refused.value.hint
    assert fake.logins == 0


async def test_F29_old_and_new_key_are_good_while_the_partner_changes_it(fake):
    async with fake.running():
        pinned = fake.settings(host_keys=[fake.host_key, fingerprint_of(fake.other_host_key)])
        for fault in (None, "host_key"):
            if fault:
                fake.faults.order(fault)
            await login(pinned)

    assert fake.logins == 2


@pytest.mark.parametrize("kind", ["ssh-rsa", "ecdsa-sha2-nistp256"])
async def test_F29_a_key_of_another_kind_is_named_too(fake, kind):
    other = asyncssh.generate_private_key(kind).export_public_key().decode()

    async with fake.running():
        with pytest.raises(Refused) as refused:
            await login(fake.settings(host_keys=[other]))

    assert refused.value.code == "sftp.host_key"
    assert fingerprint_of(fake.host_key) in refused.value.detail


async def test_a_key_lets_in_where_the_password_is_not_needed(tmp_path, clock):
    ours = asyncssh.generate_private_key("ssh-ed25519")
    fake = FakeSftp(tmp_path, key=ours.export_public_key().decode())
    text = ours.export_private_key("pkcs8-pem", passphrase="apriti").decode()
    file = tmp_path / "id"
    file.write_text(text)

    async with fake.running():
        await login(fake.settings(password=None, key=text, key_password="apriti"))
        await login(fake.settings(password=None, key_file=file, key_password="apriti"))

    assert fake.logins == 2


@pytest.mark.parametrize("password", ["sbagliata", None])
async def test_a_private_key_that_stays_locked_is_ours_to_mend(fake, password):
    text = asyncssh.generate_private_key("ssh-ed25519").export_private_key("pkcs8-pem", passphrase="x").decode()

    with pytest.raises(Refused) as refused:
        await login(fake.settings(port=1, password=None, key=text, key_password=password))

    assert refused.value.code == "sftp.identity"
    assert text not in str(refused.value)


async def test_a_key_file_that_is_not_there_is_ours_to_mend(fake, tmp_path):
    with pytest.raises(Refused) as refused:
        await login(fake.settings(port=1, password=None, key_file=tmp_path / "none"))

    assert refused.value.code == "sftp.identity"


async def test_F47_a_password_that_ends_is_refused_and_the_next_one_goes_on(fake, drop, reading, rows):
    drop("a.csv", "a\n1\n")
    old = fake.password
    async with fake.running():
        first = await reading()
        fake.password = "nuova"
        drop("b.csv", "a\n2\n")
        with pytest.raises(Refused) as refused:
            await reading(first[-1].cursor, password=old)
        found = await reading(first[-1].cursor)

    assert refused.value.code == "sftp.login"
    assert rows(found) == [{"a": "2"}]


async def test_a_login_that_needs_no_proof_is_not_trusted(fake, monkeypatch):
    """A server that lets anybody in has not checked that we are we, so it may be nobody's."""
    monkeypatch.setattr("patto_connectors.testing.sftp._Door.begin_auth", lambda *_: False)

    async with fake.running():
        with pytest.raises(Refused) as refused:
            await login(fake.settings())

    assert refused.value.code == "sftp.login"


async def test_nothing_is_taken_from_the_home_folder_or_an_agent(fake, tmp_path, monkeypatch):
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "config").write_text("Host *\n  Port 1\n  User somebody\n  ProxyCommand false\n")
    (home / ".ssh" / "known_hosts").write_text(f"127.0.0.1 {fake.other_host_key}\n")
    ours = asyncssh.generate_private_key("ssh-ed25519")
    (home / ".ssh" / "id_ed25519").write_bytes(ours.export_private_key())
    fake.key = asyncssh.import_public_key(ours.export_public_key())
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
    opened = []

    async with fake.running():
        monkeypatch.setattr(os, "access", lambda path, _mode: opened.append(str(path)) or True)
        await login(fake.settings())
        with pytest.raises(Refused):
            await login(fake.settings(password="sbagliata"))
        fake.faults.order("host_key")
        with pytest.raises(Refused):
            await login(fake.settings())

    assert [path for path in opened if ".ssh" in path] == []


def test_weak_algorithms_are_not_offered(fake):
    options = asyncssh.SSHClientConnectionOptions(**_options(fake.settings(port=1), None))
    offered = [*options.kex_algs, *options.mac_algs, *options.encryption_algs, *options.signature_algs]

    assert [name for name in offered if b"sha1" in name or name in (b"ssh-rsa", b"ssh-dss") or b"cbc" in name] == []
    assert options.compression_algs == [b"none"]
    assert b"ssh-rsa" not in [name.encode() for name in options.server_host_key_algs]


async def test_a_server_with_weak_algorithms_only_is_refused(fake, monkeypatch):
    run = asyncssh.run_server
    monkeypatch.setattr(asyncssh, "run_server", lambda sock, **more: run(sock, kex_algs="*group14-sha1", **more))

    async with fake.running():
        with pytest.raises(Refused) as refused:
            await login(fake.settings())

    assert refused.value.code == "sftp.algorithms"


async def test_no_line_of_asyncssh_is_logged_whatever_the_level(fake, drop, reading, caplog):
    drop("RSSMRA80A01H501U.csv", "a\n1\n")
    caplog.set_level(logging.DEBUG)
    for name in ("asyncssh", "asyncssh.sftp"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    asyncssh.set_debug_level(3)

    async with fake.running():
        await reading()
        fake.faults.order("cut")
        with pytest.raises(Unreachable) as trouble:
            await reading()
    asyncssh.set_debug_level(1)

    lines = caplog.text + repr(trouble.value) + trouble.value.detail + trouble.value.hint
    assert [secret for secret in (fake.password, fake.user, "RSSMRA80A01H501U") if secret in lines] == []
    assert [record for record in caplog.records if record.name.startswith("asyncssh")] == []


def test_settings_tell_no_secret(fake):
    settings = fake.settings(port=1, password="canarino", key="-----canarino-----", key_password="canarino")

    assert "canarino" not in repr(settings)
    assert "canarino" not in settings.model_dump_json()


def test_fingerprints_are_those_of_openssh(fake):
    key = asyncssh.import_public_key(fake.host_key)

    assert fingerprint(key.public_data) == key.get_fingerprint()


def test_settings_are_those_of_the_fake(fake):
    assert isinstance(fake.settings(port=1), SftpSettings)
