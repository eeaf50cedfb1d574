"""Faults of the catalogue that a partner's SFTP server can have; those of a connection stand in test_session.py."""

from __future__ import annotations

import io
import json
import os
import zipfile

import pytest

from patto_connectors.contract import Batch
from patto_connectors.errors import Unreachable
from patto_connectors.files import CsvProfile, Reading
from patto_connectors.sftp import SftpSink, SftpSource

ROWS = "a\n" + "1\n" * 40_000


def codes(batches):
    return [code for batch in batches for _, code, _ in batch.troubles]


async def test_F11_a_full_disk_at_the_partners_is_tried_again_later(fake):
    fake.faults.order("disk_full", option="10")
    batch = Batch(rows=[{"a": "x" * 100}], name="n")
    async with fake.running():
        sink = SftpSink(settings=fake.settings())
        with pytest.raises(Unreachable) as trouble:
            await sink.write(batch)
        receipt = await sink.write(batch)

    assert receipt.accepted == 1
    assert trouble.value.code == "folder.write"


async def test_F11_no_room_for_a_partners_file_here_is_no_fault_of_the_file(fake, drop, reading, rows, monkeypatch):
    drop("a.csv", "a\n1\n")

    def full(*_args, **_more):
        raise OSError(28, "No space left on device")

    async with fake.running():
        with monkeypatch.context() as patch:
            patch.setattr("tempfile.TemporaryFile", full)
            with pytest.raises(Unreachable) as trouble:
                await reading()
        found = await reading()

    assert trouble.value.code == "file.spool"
    assert rows(found) == [{"a": "1"}]


async def test_F27_a_large_file_is_never_in_memory(fake, drop, reading):
    """The file is 20 times a page; what is held at a time is a page of it."""
    drop("a.csv", ROWS)

    async with fake.running():
        source = SftpSource(settings=fake.settings(folder="/in"), reading=Reading(page_rows=2_000))
        sizes = [len(batch.content) async for batch in source.read(None)]

    assert len(sizes) == 20
    assert max(sizes) <= len(ROWS) / 19


async def test_F21_a_hang_within_a_file_ends_by_the_time_of_one_request(fake, drop, reading):
    drop("a.csv", ROWS)
    fake.faults.order("stall")

    async with fake.running():
        with pytest.raises(Unreachable) as trouble:
            await reading(timeouts={"operation": 0.2})

    assert trouble.value.code == "sftp.timeout"


@pytest.mark.parametrize("timeouts", [{"rate": 1_024, "rate_window": 60}, {"rate": 0, "file": 300}])
async def test_F22_a_file_that_trickles_ends_by_its_rate_and_by_its_time(fake, clock, drop, reading, timeouts):
    drop("a.csv", ROWS)
    fake.faults.order("slow", option="10")

    async with fake.running():
        with pytest.raises(Unreachable) as trouble:
            await reading(timeouts=timeouts)

    assert trouble.value.code == "sftp.too_slow"
    assert clock.passed < 400


async def test_F23_a_cut_at_any_byte_gives_no_row_of_the_file_and_the_next_look_all(fake, drop, reading, rows):
    drop("a.csv", "a\n0\n")
    drop("b.csv", "a\n" + "".join(f"{number}\n" for number in range(100_000)))
    size = (fake.folder / "in" / "b.csv").stat().st_size

    async with fake.running():
        for at in range(0, size, size // 8):
            fake.faults.order("cut", path="/in/b.csv", option=str(at))
            pages = SftpSource(settings=fake.settings(folder="/in")).read(None)
            before = await anext(pages)
            with pytest.raises(Unreachable):
                await anext(pages)
        found = await reading(before.cursor)

    assert rows([before]) == [{"a": "0"}]
    assert len(rows(found)) == 100_000


async def test_F23_a_file_that_ends_early_gives_no_row(fake, drop, reading, rows):
    drop("a.csv", "a\n" + "1\n" * 100)
    fake.faults.order("truncated")

    async with fake.running():
        with pytest.raises(Unreachable) as trouble:
            await reading()
        found = await reading()

    assert trouble.value.code == "sftp.length"
    assert len(rows(found)) == 100


@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.ndjson", "a.xlsx"])
async def test_F24_a_web_page_under_a_files_name_is_set_aside(fake, drop, reading, name):
    drop(name, "<!DOCTYPE html><title>Accesso negato</title>")

    async with fake.running():
        found = await reading()

    assert codes(found) == ["file.format"]


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
async def test_F25_the_character_set_is_recognised(fake, drop, reading, rows, charset):
    drop("a.csv", "città;perché\nForlì;è così\nCefalù;già\n".encode(charset))

    async with fake.running():
        found = await reading()

    assert rows(found)[0] == {"città": "Forlì", "perché": "è così"}


async def test_F26_F33_a_workbook_that_expands_is_set_aside_and_the_others_go_on(fake, drop, reading, rows):
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 50_000_000)
    drop("a.xlsx", bomb.getvalue())
    drop("b.csv", "a\n1\n")

    async with fake.running():
        found = await reading()

    assert codes(found) == ["sheet.bomb"]
    assert rows(found) == [{"a": "1"}]


async def test_F27_a_file_that_goes_on_beyond_its_size_is_ended_there(fake, drop, reading):
    drop("a.csv", "a\n1\n")
    fake.faults.order("endless")

    async with fake.running():
        with pytest.raises(Unreachable) as trouble:
            await reading()

    assert trouble.value.code == "sftp.length"


async def test_F27_a_file_that_says_it_is_enormous_is_never_fetched(fake, drop, reading):
    os.truncate(drop("a.csv", "a\n"), 2**33)

    async with fake.running():
        found = await reading()

    assert codes(found) == ["file.size"]


@pytest.mark.shared
async def test_F33_hostile_workbooks_are_set_aside_or_read(fake, drop, reading, rows, shared):
    paths = sorted((shared / "bad_input" / "xlsx").rglob("*.xls*"))
    for path in paths:
        drop(path.name, path.read_bytes())
    drop("z.csv", "a\n1\n")

    async with fake.running():
        found = await reading()

    assert {batch.name for batch in found} >= {path.name for path in paths}
    assert all(code.startswith(("sheet.", "file.")) for code in codes(found))
    assert rows(found)[-1] == {"a": "1"}


NAUGHTY = ["=1+1", "\u202etxt", "a\u200bb", "'; DROP TABLE", "<script>", "Ω≈ç√", "\u0661\u0662", "  spazi  ", '"', ";"]


@pytest.mark.parametrize("form", ["csv", "xlsx", "json", "ndjson"])
async def test_F38_naughty_texts_come_back_as_they_went(fake, reading, rows, form):
    batch = Batch(rows=[{"n": str(at), "testo": text} for at, text in enumerate(NAUGHTY)], name="n")
    source = {"reading": Reading(csv=CsvProfile(guarded=True), items="items" if form == "json" else "")}

    async with fake.running():
        await SftpSink(settings=fake.settings(folder="/in"), form=form, checksum=False).write(batch)
        found = await reading(source=source)

    texts = [row["testo"] if isinstance(row, dict) else json.loads(row)["testo"] for row in rows(found)]
    assert [text.strip() for text in texts] == [text.strip() for text in NAUGHTY]


@pytest.mark.parametrize(
    "name",
    ["RSSMRA80A01H501U.csv", "=cmd|'calc'!A0.csv", "\u202ecsv.csv", "a\nb.csv", "%s%n.csv", "$(reboot).csv", "è.csv"],
)
async def test_F38_naughty_file_names_are_names_only(fake, drop, reading, name, tmp_path):
    drop(name, "a\n1\n")
    before = {path for path in tmp_path.rglob("*") if path.is_file()}

    async with fake.running():
        found = await reading()
        again = await reading(found[-1].cursor)

    assert [list(batch.rows) for batch in found] == [[{"a": "1"}]]
    assert found[0].name.isprintable()
    assert again == []
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == before


async def test_F43_a_file_that_grows_between_two_looks_is_read_by_the_next_run(fake, clock, drop, reading, rows):
    path = drop("a.csv", "a\n1\n")
    clock.meanwhile = lambda: path.write_text("a\n1\n2\n")

    async with fake.running():
        first = await reading()
        second = await reading()

    assert first == []
    assert rows(second) == [{"a": "1"}, {"a": "2"}]


@pytest.fixture(params=[-86_400, 86_400], ids=["behind", "ahead"])
def wrong(request, clock):
    """Now, by a clock of the partner that is a day off."""
    return clock.world().now().timestamp() + request.param


async def test_F49_a_server_whose_clock_is_a_day_off_is_read_once_and_in_its_order(fake, wrong, drop, reading, rows):
    drop("b.csv", "a\n1\n", age=wrong)
    drop("a.csv", "a\n2\n", age=wrong + 1)

    async with fake.running():
        found = await reading()
        again = await reading(found[-1].cursor)

    assert rows(found) == [{"a": "1"}, {"a": "2"}]
    assert again == []


async def test_F49_a_file_that_grows_is_seen_whatever_the_servers_clock_says(fake, clock, wrong, drop, reading):
    drop("a.csv", "a\n1\n", age=wrong)
    clock.meanwhile = lambda: drop("a.csv", "a\n1\n2\n", age=wrong)

    async with fake.running():
        found = await reading()

    assert found == []
