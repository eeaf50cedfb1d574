"""Faults of files in a folder: each costs itself at most, and nothing of a file that is not whole is taken."""

from __future__ import annotations

import io
import json
import os
import tracemalloc
import zipfile
from datetime import UTC, datetime, timedelta

import pytest

from patto_connectors.files import CsvProfile, DropFolderSource, Reading, Register, write_rows
from patto_connectors.ports import WORLD, World
from patto_connectors.xml import XmlSource, plain

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CSV = "id;nota\r\n1;perché\r\n2;già\r\n"
XML = '<?xml version="1.0" encoding="UTF-8"?>\n<c>\n<r><id>1</id></r>\n<r><id>2</id></r>\n</c>'
PAGE = b"<!DOCTYPE html>\n<html><body>Accesso richiesto</body></html>\n"

REGISTERS = {"csv": (), "json": (), "ndjson": (), "xlsx": (Register(nulls=()),)}


class Clock:
    """A world whose sleep moves its clock."""

    def __init__(self):
        self.now = NOW
        self.slept = 0.0

    async def sleep(self, seconds):
        self.slept += seconds
        self.now += timedelta(seconds=seconds)


@pytest.fixture(autouse=True)
def clock():
    clock = Clock()
    token = WORLD.set(World(now=lambda: clock.now, sleep=clock.sleep))
    yield clock
    WORLD.reset(token)


@pytest.fixture
def drop(tmp_path):
    """Put a file into the folder, some seconds old by its own time; gives the folder."""
    folder = tmp_path / "in"
    folder.mkdir()

    def dropped(name, content, age=60.0):
        (folder / name).write_bytes(content)
        stamp = NOW.timestamp() - age
        os.utime(folder / name, (stamp, stamp))
        return folder

    return dropped


async def read(folder, after=None, **more):
    """Read the folder: rows by file, troubles by file, the last cursor."""

    def xml(body):
        return XmlSource(body=body, readers={"r": plain}, root="c")

    rows, troubles, cursor = {}, {}, after
    async for batch in DropFolderSource(folder=folder, xml=xml, **more).read(after):
        name = batch.name.partition(" ")[0]
        held = [row if isinstance(row, dict) else json.loads(row) for row in batch.rows]
        rows.setdefault(name, []).extend(held)
        troubles.setdefault(name, []).extend(code for _, code, _ in batch.troubles)
        cursor = batch.cursor or cursor
    return rows, troubles, cursor


async def test_F21_F22_a_file_that_somebody_still_writes_holds_up_no_other(drop, clock):
    drop("whole.csv", CSV.encode(), age=60)
    folder = drop("being-written.csv", b"id;nota\r\n1;per", age=0)

    async def grow(seconds):
        await Clock.sleep(clock, seconds)
        drop("being-written.csv", b"id;nota\r\n1;perch" + b"x" * int(clock.slept + 1), age=-clock.slept)

    token = WORLD.set(World(now=lambda: clock.now, sleep=grow))
    rows, _, _ = await read(folder)
    WORLD.reset(token)

    assert list(rows) == ["whole.csv"]
    assert clock.slept < 60


@pytest.mark.parametrize(("name", "whole"), [("a.json", b'[{"id":"1"},{"id":"2"}]'), ("a.xml", XML.encode())])
async def test_F23_a_cut_at_any_byte_is_seen(drop, name, whole):
    for at in range(1, len(whole)):
        rows, troubles, _ = await read(drop(name, whole[:at]))

        assert troubles[name], at
        assert [row.get("id", row) for row in rows[name]] in ([], ["1"], ["1", "2"]), at


@pytest.mark.parametrize("at", range(10, len(CSV.encode()), 3))
async def test_F23_a_table_that_ends_early_is_taken_by_its_lines_and_read_again_when_it_is_whole(drop, at):
    whole = CSV.encode()
    _, _, cursor = await read(drop("a.csv", whole[:at], age=120), reading=Reading(csv=CsvProfile()))

    rows, troubles, _ = await read(drop("a.csv", whole, age=60), cursor)

    assert ([row["id"] for row in rows["a.csv"]], troubles) == (["1", "2"], {"a.csv": []})


@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.ndjson", "a.xml", "a.xlsx", "a.ods"])
async def test_F24_a_web_page_under_a_files_name_is_set_aside_and_the_others_go_on(drop, name):
    drop("b.csv", CSV.encode())

    rows, troubles, _ = await read(drop(name, PAGE))

    assert rows[name] == []
    assert len(troubles[name]) == 1
    assert len(rows["b.csv"]) == 2


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
async def test_F25_the_character_set_of_a_table_is_recognised(drop, charset):
    rows, troubles, _ = await read(drop("a.csv", (CSV + "3;più\r\n" * 9).encode(charset)))

    assert {row["nota"] for row in rows["a.csv"]} == {"perché", "già", "più"}
    assert troubles["a.csv"] == []


@pytest.mark.parametrize(("name", "text"), [("a.json", '[{"nota":"perché"}]'), ("a.ndjson", '{"nota":"perché"}\n')])
async def test_F25_json_in_another_character_set_gives_no_wrong_letter(drop, name, text):
    drop("b.csv", CSV.encode())
    batches = [batch async for batch in DropFolderSource(folder=drop(name, text.encode("latin-1"))).read(None)]

    mine = [batch for batch in batches if batch.name == name]
    texts = [row.decode("utf-8", "replace") for batch in mine for row in batch.rows]
    assert [text for text in texts if "\ufffd" not in text] == []
    assert sum(len(batch.rows) for batch in batches if batch.name == "b.csv") == 2


async def test_F26_F33_a_workbook_that_expands_is_set_aside_and_the_others_go_on(drop):
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 50_000_000)
    drop("b.csv", CSV.encode())

    rows, troubles, _ = await read(drop("a.xlsx", bomb.getvalue()))

    assert (troubles["a.xlsx"], len(rows["b.csv"])) == (["sheet.bomb"], 2)


@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.ndjson", "a.xml"])
async def test_F27_a_file_that_does_not_come_to_an_end_of_line_or_record_takes_no_memory(drop, name):
    drop("b.csv", CSV.encode())
    begun = {"a.csv": b"id;nota\n1;", "a.json": b'[{"id":"', "a.ndjson": b'{"id":"', "a.xml": b"<c><r><id>"}[name]
    folder = drop(name, begun + b"x" * 100_000_000)
    tracemalloc.start()

    rows, troubles, _ = await read(folder, reading=Reading(whole=1_000_000))

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(rows["b.csv"]) == 2
    assert [code.rpartition(".")[2] for code in troubles[name]] in (
        ["size"],
        ["syntax"],
    )  # libxml2 has a cap of its own
    assert peak < 80_000_000


@pytest.mark.shared
async def test_F33_hostile_workbooks_are_set_aside_or_read(drop, shared):
    paths = sorted((shared / "bad_input/xlsx").rglob("*.xlsx"))
    for path in paths:
        drop(path.name, path.read_bytes())

    rows, troubles, _ = await read(drop("z.csv", CSV.encode()))

    assert len(rows["z.csv"]) == 2
    assert [path.name for path in paths if not troubles[path.name] and len(rows[path.name]) != 1] == []


@pytest.mark.shared
@pytest.mark.parametrize("form", ["csv", "json", "ndjson", "xlsx"])
async def test_F38_odd_texts_come_through_exactly(drop, shared, form):
    naughty = json.loads((shared / "bad_input/naughty_strings/blns.json").read_bytes())
    written = write_rows(form, [{"id": str(index), "nota": text} for index, text in enumerate(naughty)])
    refused = {each.index for each in written.rejected}

    rows, troubles, _ = await read(
        drop(f"a.{form}", written.content),
        reading=Reading(csv=CsvProfile(guarded=True), registers=REGISTERS[form], items="items"),
    )

    expected = {
        str(index): text
        for index, text in enumerate(naughty)
        if index not in refused and (form != "xlsx" or text.strip())
    }
    found = {row["id"]: row["nota"] for row in rows[f"a.{form}"] if "nota" in row}
    assert troubles[f"a.{form}"] == []
    assert {index: text for index, text in expected.items() if found.get(index) != text} == {}


@pytest.mark.parametrize("age", [-86_400.0, 86_400.0], ids=["a day ahead", "a day behind"])
async def test_F49_a_file_whose_clock_is_wrong_is_read_once(drop, age, clock):
    rows, _, cursor = await read(drop("a.csv", CSV.encode(), age=age))

    again, _, _ = await read(drop("a.csv", CSV.encode(), age=age), cursor)

    assert [row["id"] for row in rows["a.csv"]] == ["1", "2"]
    assert again == {}
    assert clock.slept <= 10
