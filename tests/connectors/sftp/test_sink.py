from __future__ import annotations

import asyncio
import hashlib
import json
import sys

import pytest

from patto_connectors.contract import Batch
from patto_connectors.errors import Refused, Rejected, Unreachable
from patto_connectors.files import FileSink
from patto_connectors.sftp import SftpSink

BATCH = Batch(rows=[{"a": "1"}, b'{"a": "2"}'], name="esiti 2024")
LONG = Batch(rows=[{"a": "x" * 200} for _ in range(5_000)], name="lungo")


@pytest.fixture
def writing(fake):
    async def write(batch=BATCH, *, sink=None, **settings):
        sink = SftpSink(settings=fake.settings(**{"folder": "/in", **settings}), **(sink or {}))
        return await sink.write(batch)

    return write


@pytest.fixture
def lying(fake):
    """Say which files lie in the folder; those that are being written are none that anybody reads."""

    def names():
        return sorted(each.name for each in (fake.folder / "in").iterdir() if not each.name.endswith(".tmp"))

    return names


async def test_a_batch_becomes_a_file_with_its_checksum(fake, writing):
    async with fake.running():
        receipt = await writing()

    content = (fake.folder / "in" / "esiti 2024.csv").read_bytes()
    assert content == b"\xef\xbb\xbfa\r\n1\r\n2\r\n"
    assert (receipt.accepted, receipt.reference) == (2, "esiti 2024.csv")
    assert receipt.digest == hashlib.sha256(content).hexdigest()
    assert (fake.folder / "in" / "esiti 2024.csv.sha256").read_text() == f"{receipt.digest}  esiti 2024.csv\n"


async def test_the_manifest_comes_last_and_names_what_was_delivered(fake, writing):
    async with fake.running():
        receipt = await writing(Batch(rows=[{"a": "1"}, {"a": "2"}], name="pacts-3-9", cursor={"from": 3, "to": 9}))

    said = json.loads((fake.folder / "in" / "pacts-3-9_manifest.json").read_bytes())
    assert said == {
        "version": 1,
        "files": [{"name": "pacts-3-9.csv", "sha256": receipt.digest, "bytes": 12, "rows": 2}],
        "from": 3,
        "to": 9,
    }


async def test_what_the_receiver_answers_is_read_back_by_file(fake):
    folder = fake.folder / "in"
    (folder / "a_esito.json").write_text('{"accepted": 2, "refused": [{"id": "pact-7", "code": "X1"}]}')
    (folder / "b_esito.csv").write_text("id;esito;codice\npact-1;accettata;\npact-2;rifiutata;Y2\n")
    (folder / "c_esito.json").write_text('{"accepted": 2, "refus')
    (folder / "other_esito.json").write_text('{"accepted": 9}')
    async with fake.running():
        sink = SftpSink(settings=fake.settings(folder="/in"))
        told = await sink.answers(["a.csv", "b.csv", "c.csv", "d.csv"])

    assert {each.reference: (each.accepted, each.refused) for each in told} == {
        "a.csv": (2, {"pact-7": "X1"}),
        "b.csv": (1, {"pact-2": "Y2"}),
    }


async def test_a_folder_that_cannot_be_read_for_answers_has_a_name(fake):
    async with fake.running():
        sink = SftpSink(settings=fake.settings(folder="/none"))
        with pytest.raises(Unreachable) as trouble:
            await sink.answers(["a.csv"])

    assert trouble.value.code == "folder.missing"


@pytest.mark.parametrize("form", ["csv", "xlsx", "json", "ndjson", "xml"])
async def test_each_format_is_the_one_of_a_folder(fake, writing, tmp_path, form):
    async with fake.running():
        there = await writing(sink={"form": form})
    here = await FileSink(folder=tmp_path, form=form).write(BATCH)

    assert there == here


async def test_the_same_batch_again_changes_nothing(fake, writing, lying):
    async with fake.running():
        first, second = await writing(), await writing()

    assert first == second
    assert lying() == ["esiti 2024.csv", "esiti 2024.csv.sha256", "esiti 2024_manifest.json"]


async def test_deliveries_go_into_a_folder_of_their_own(fake, writing, lying):
    async with fake.running():
        await writing(folder="/", deliveries="/in", sink={"checksum": False, "manifest": False})

    assert lying() == ["esiti 2024.csv"]


async def test_F48_rows_that_do_not_fit_are_told_and_the_others_written(fake, writing):
    async with fake.running():
        with pytest.raises(Rejected) as rejected:
            await writing(Batch(rows=[{"a": "x\0"}, {"a": "y"}], name="n"))

    assert [item.index for item in rejected.value.items] == [0]
    assert (fake.folder / "in" / "n.csv").read_bytes().endswith(b"a\r\ny\r\n")


async def test_a_file_is_replaced_in_one_step(fake, writing):
    async with fake.running():
        await writing(Batch(rows=[{"a": "1"}], name="n"))
        await writing(Batch(rows=[{"a": "2"}], name="n"))

    assert (fake.folder / "in" / "n.csv").read_bytes().endswith(b"a\r\n2\r\n")


async def test_without_that_step_a_new_file_still_arrives_and_again_is_harmless(fake, writing, lying):
    fake.faults.order("no_rename", times=None)
    async with fake.running():
        first, second = await writing(), await writing()

    assert first == second
    assert lying() == ["esiti 2024.csv", "esiti 2024.csv.sha256", "esiti 2024_manifest.json"]


async def test_without_that_step_another_file_of_the_name_stays(fake, writing, lying):
    fake.faults.order("no_rename", times=None)
    async with fake.running():
        await writing(Batch(rows=[{"a": "1"}], name="n"))
        with pytest.raises(Refused) as refused:
            await writing(Batch(rows=[{"a": "2"}], name="n"))

    assert refused.value.code == "sftp.rename"
    assert (fake.folder / "in" / "n.csv").read_bytes().endswith(b"a\r\n1\r\n")
    assert [each.name for each in (fake.folder / "in").iterdir() if each.name.endswith(".tmp")] == []


async def test_a_left_over_or_a_link_in_the_way_is_not_written_through(fake, writing, lying, tmp_path):
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    (fake.folder / "in" / "esiti 2024.csv.tmp").symlink_to(victim)

    async with fake.running():
        await writing()

    assert victim.read_bytes() == b"mine"
    assert not (fake.folder / "in" / "esiti 2024.csv").is_symlink()


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("disk_full", (Unreachable, "folder.write")),
        ("cut_upload", (Unreachable, "sftp.disconnected")),
        ("stall_upload", (Unreachable, "sftp.timeout")),
        ("login", (Refused, "sftp.login")),
    ],
)
async def test_what_befalls_an_upload_has_a_name_and_leaves_no_half(fake, writing, lying, fault, expected):
    fake.faults.order(fault, option="" if fault == "login" else "70000")
    async with fake.running():
        with pytest.raises(expected[0]) as trouble:
            await writing(LONG, timeouts={"operation": 0.5})
        assert lying() == []
        receipt = await writing(LONG)

    assert trouble.value.code == expected[1]
    assert hashlib.sha256((fake.folder / "in" / "lungo.csv").read_bytes()).hexdigest() == receipt.digest


async def test_a_folder_that_may_not_be_written_is_refused(fake, writing):
    fake.faults.order("permission")
    async with fake.running():
        with pytest.raises(Refused) as refused:
            await writing()

    assert refused.value.code == "folder.permission"


async def test_a_missing_folder_is_tried_again_later(fake, writing):
    async with fake.running():
        with pytest.raises(Unreachable) as trouble:
            await writing(folder="/none")

    assert trouble.value.code == "folder.missing"


async def test_F12_a_cut_at_any_byte_leaves_the_old_file_or_the_new_one(fake, writing):
    old = Batch(rows=[{"a": "old"}], name="lungo")
    async with fake.running():
        receipts = {(await writing(LONG, sink={"checksum": False})).digest}
        size = (fake.folder / "in" / "lungo.csv").stat().st_size
        receipts.add((await writing(old)).digest)
        for at in range(0, size, size // 12):
            fake.faults.order("cut_upload", option=str(at))
            with pytest.raises(Unreachable):
                await writing(LONG)
            found = hashlib.sha256((fake.folder / "in" / "lungo.csv").read_bytes()).hexdigest()

            assert found in receipts


async def test_a_cut_between_file_and_checksum_is_mended_by_the_same_batch(fake, writing, lying):
    fake.faults.order("cut_upload", path="*.sha256.tmp", option="0")
    async with fake.running():
        with pytest.raises(Unreachable):
            await writing()
        assert lying() == ["esiti 2024.csv"]
        await writing()

    assert lying() == ["esiti 2024.csv", "esiti 2024.csv.sha256", "esiti 2024_manifest.json"]


async def test_a_cancelled_upload_leaves_no_half(fake, writing, lying):
    fake.faults.order("stall_upload")
    async with fake.running():
        async with asyncio.TaskGroup() as tasks:
            upload = tasks.create_task(writing(LONG))
            await fake.stalled.wait()
            upload.cancel()

        assert lying() == []


SENDER = """
import asyncio, json, sys
from patto_connectors.contract import Batch
from patto_connectors.sftp import SftpSettings, SftpSink
wanted = json.loads(sys.stdin.read())
batch = Batch(rows=[{"a": "x" * 200} for _ in range(5_000)], name="lungo")
asyncio.run(SftpSink(settings=SftpSettings.model_validate(wanted)).write(batch))
"""


async def test_F04_a_sender_that_is_killed_leaves_no_half_and_the_next_one_delivers(fake, writing, lying):
    fake.faults.order("stall_upload")
    async with fake.running():
        wanted = fake.settings(folder="/in").model_dump(mode="json") | {"password": fake.password}
        sender = await asyncio.create_subprocess_exec(sys.executable, "-c", SENDER, stdin=asyncio.subprocess.PIPE)
        sender.stdin.write(json.dumps(wanted).encode())
        sender.stdin.close()
        await fake.stalled.wait()
        sender.kill()
        await sender.wait()
        assert lying() == []
        receipt = await writing(LONG)

    assert hashlib.sha256((fake.folder / "in" / "lungo.csv").read_bytes()).hexdigest() == receipt.digest
