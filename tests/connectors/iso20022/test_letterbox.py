from __future__ import annotations

import pytest

from patto_connectors.errors import Refused, Unreachable
from patto_connectors.iso20022 import SftpLetterbox
from patto_connectors.testing.sftp import FakeSftp


@pytest.fixture
def bank(clock, tmp_path):
    (tmp_path / "server" / "in").mkdir(parents=True)
    return FakeSftp(tmp_path / "server")


async def test_a_file_is_put_on_the_banks_server_whole_and_again_without_harm(bank):
    async with bank.running():
        letterbox = SftpLetterbox(bank.settings(folder="/in"))
        await letterbox.put("PATTO1.xml", b"<Document/>")
        await letterbox.put("PATTO1.xml", b"<Document/>")

    assert [(path.name, path.read_bytes()) for path in (bank.folder / "in").iterdir()] == [
        ("PATTO1.xml", b"<Document/>")
    ]


async def test_a_folder_that_is_not_there_is_one_of_the_four_troubles(bank):
    async with bank.running():
        with pytest.raises((Unreachable, Refused)):
            await SftpLetterbox(bank.settings(folder="/nowhere")).put("PATTO1.xml", b"")
