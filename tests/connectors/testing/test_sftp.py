from __future__ import annotations

import asyncssh
import pytest

from patto_connectors.testing.faults import SFTP
from patto_connectors.testing.sftp import FakeSftp


async def test_each_server_has_a_key_and_a_password_of_its_own(tmp_path):
    one, other = FakeSftp(tmp_path), FakeSftp(tmp_path)

    assert len({one.host_key, one.other_host_key, other.host_key, other.other_host_key}) == 4
    assert one.password != other.password


async def test_its_root_is_the_folder_and_nothing_above(tmp_path):
    (tmp_path / "root").mkdir()
    (tmp_path / "above.txt").write_text("x")
    fake = FakeSftp(tmp_path / "root")

    async with (
        fake.running() as port,
        asyncssh.connect(
            "127.0.0.1", port, username=fake.user, password=fake.password, known_hosts=None, config=None
        ) as connection,
        connection.start_sftp_client() as client,
    ):
        assert set(await client.listdir("/")) == {".", ".."}
        with pytest.raises(asyncssh.SFTPNoSuchFile):
            await client.stat("/../above.txt")


async def test_it_can_be_started_again_on_the_same_port(tmp_path):
    fake = FakeSftp(tmp_path)
    async with fake.running() as first:
        pass
    async with fake.running(first) as second:
        pass

    assert first == second


async def test_what_is_raised_within_is_raised_as_it_is(tmp_path):
    with pytest.raises(KeyError):
        async with FakeSftp(tmp_path).running():
            raise KeyError


def test_a_fault_that_is_not_on_the_menu_cannot_be_ordered(tmp_path):
    with pytest.raises(ValueError, match="choose from"):
        FakeSftp(tmp_path).faults.order("gzip_bomb")


def test_the_menu_says_what_each_fault_is():
    assert all(SFTP.values())
