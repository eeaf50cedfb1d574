from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest

from patto_connectors.contract import Outcome, RowOutcome
from patto_connectors.errors import Unreachable
from patto_connectors.files import CsvProfile, DropFolderSource, Reading, Register, by_name, read_csv
from patto_connectors.files.folder import open_plain
from patto_connectors.ports import WORLD, World
from patto_connectors.xml import XmlSource, plain

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Clock:
    """A world whose sleep moves its clock, and lets something happen meanwhile."""

    def __init__(self):
        self.now = NOW
        self.meanwhile = lambda: None
        self.slept = 0.0

    async def sleep(self, seconds):
        self.slept += seconds
        self.now += timedelta(seconds=seconds)
        self.meanwhile()


@pytest.fixture
def clock():
    clock = Clock()
    token = WORLD.set(World(now=lambda: clock.now, sleep=clock.sleep))
    yield clock
    WORLD.reset(token)


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "in"
    path.mkdir()
    return path


def drop(folder, name, content, age=60.0):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    stamp = NOW.timestamp() - age
    os.utime(path, (stamp, stamp))
    return path


async def read(source, cursor=None):
    return [batch async for batch in source.read(cursor)]


async def test_files_are_read_by_age_then_name(clock, folder):
    drop(folder, "b.csv", "a\n1\n", age=60)
    drop(folder, "a.csv", "a\n2\n", age=60)
    drop(folder, "vecchio.ndjson", '{"a": 3}\n', age=90)
    drop(folder, "c.json", '[{"a": 4}]', age=50)

    found = await read(DropFolderSource(folder=folder))

    assert [(batch.name, list(batch.rows)) for batch in found] == [
        ("vecchio.ndjson", [b'{"a": 3}']),
        ("a.csv", [{"a": "2"}]),
        ("b.csv", [{"a": "1"}]),
        ("c.json", [b'{"a": 4}']),
    ]
    assert clock.slept == 0


async def test_a_mark_comes_with_the_last_page_of_a_file(clock, folder):
    drop(folder, "a.csv", "a\n" + "1\n" * 25)

    found = await read(DropFolderSource(folder=folder, reading=Reading(page_rows=10)))

    assert [(len(batch.rows), batch.cursor is not None) for batch in found] == [(10, False), (10, False), (5, True)]
    assert b"".join(batch.content for batch in found) == b"a\n" + b"1\n" * 25
    assert found[2].position(4) == "riga 26"


async def test_a_processed_file_is_not_read_again(clock, folder):
    drop(folder, "a.csv", "a\n1\n")
    source = DropFolderSource(folder=folder)
    first = await read(source)

    assert await read(source, first[-1].cursor) == []


async def test_the_same_bytes_again_are_recognised(clock, folder):
    drop(folder, "a.csv", "a\n1\n", age=60)
    source = DropFolderSource(folder=folder)
    first = await read(source)
    drop(folder, "a.csv", "a\n1\n", age=30)

    again = await read(source, first[-1].cursor)

    assert [(batch.name, list(batch.rows)) for batch in again] == [("a.csv", [])]
    assert await read(source, again[-1].cursor) == []


async def test_old_bytes_after_newer_ones_are_read_again(clock, folder):
    source = DropFolderSource(folder=folder)
    cursor = None
    seen = []
    for age, content in ((60, "a\n1\n"), (50, "a\n2\n"), (40, "a\n1\n")):
        drop(folder, "a.csv", content, age=age)
        batches = await read(source, cursor)
        cursor = batches[-1].cursor
        seen += [row for batch in batches for row in batch.rows]

    assert seen == [{"a": "1"}, {"a": "2"}, {"a": "1"}]


async def test_a_fresh_file_is_looked_at_twice(clock, folder):
    drop(folder, "a.csv", "a\n1\n", age=1)

    found = await read(DropFolderSource(folder=folder, settle_seconds=5))

    assert [list(batch.rows) for batch in found] == [[{"a": "1"}]]
    assert clock.slept == 5


async def test_a_file_that_still_grows_waits(clock, folder):
    drop(folder, "a.csv", "a\n1\n", age=1)
    clock.meanwhile = lambda: drop(folder, "a.csv", "a\n1\n2\n", age=0)

    assert await read(DropFolderSource(folder=folder)) == []


async def test_with_markers_only_marked_files_are_read(clock, folder, tmp_path):
    drop(folder, "a.csv", "a\n1\n", age=0)
    drop(folder, "b.csv", "a\n2\n", age=0)
    drop(folder, "b.csv.done", "")
    source = DropFolderSource(folder=folder, ready="done", done=tmp_path / "done")

    found = await read(source)
    await read(source, found[-1].cursor)

    assert [batch.name for batch in found] == ["b.csv"]
    assert sorted(each.name for each in folder.iterdir()) == ["a.csv"]


async def test_a_processed_file_is_moved_once_its_mark_is_kept(clock, folder, tmp_path):
    drop(folder, "a.csv", "a\n1\n")
    source = DropFolderSource(folder=folder, done=tmp_path / "done")
    found = await read(source)
    assert (folder / "a.csv").exists(), "the mark may not have been kept"

    await read(source, found[-1].cursor)

    assert not (folder / "a.csv").exists()
    assert (tmp_path / "done" / "a.csv").exists()


async def test_a_second_file_of_a_name_keeps_the_first_in_its_place(clock, folder, tmp_path):
    source = DropFolderSource(folder=folder, done=tmp_path / "done")
    cursor = None
    for content in ("a\n1\n", "a\n2\n"):
        drop(folder, "a.csv", content, age=60 if "1" in content else 50)
        cursor = (await read(source, cursor))[-1].cursor
        await read(source, cursor)

    assert sorted(each.read_text() for each in (tmp_path / "done").iterdir()) == ["a\n1\n", "a\n2\n"]


async def test_a_bad_file_is_set_aside_and_the_others_go_on(clock, folder):
    drop(folder, "1.csv", b"PK\x03\x04 no csv", age=90)
    drop(folder, "2.csv", "a;a\n1;2\n", age=80)
    drop(folder, "3.json", "{", age=70)
    drop(folder, "4.xml", "<a/>", age=65)
    drop(folder, "5.csv", "a\n1\n", age=60)

    found = await read(DropFolderSource(folder=folder))

    assert [(batch.name, [code for _, code, _ in batch.troubles]) for batch in found] == [
        ("1.csv", ["file.format"]),
        ("2.csv", ["csv.header"]),
        ("3.json", ["json.syntax"]),
        ("4.xml", ["file.format"]),
        ("5.csv", []),
    ]
    assert await read(DropFolderSource(folder=folder), found[-1].cursor) == []


async def test_F37_a_file_without_a_required_column_is_set_aside_with_the_columns_name(clock, folder):
    drop(folder, "a.csv", "Data;Codice fisc.;Ore\n1;2;3\n")
    register = Register(columns=("Data", "Codice fiscale", "Ore"), required=("Codice fiscale",))

    found = await read(DropFolderSource(folder=folder, reading=Reading(registers=(register,))))

    assert [(position, code) for position, code, _ in found[0].troubles] == [
        ("colonna 'Codice fiscale' (c'è 'Codice fisc.')", "sheet.column_missing")
    ]


async def test_what_a_file_replaces_comes_with_its_mark(clock, folder):
    drop(folder, "presenze_2026-03.csv", "a\n" + "1\n" * 15)
    scope = by_name(r"_(?P<month>[0-9]{4}-[0-9]{2})\.", "presenze/{month}/")

    found = await read(DropFolderSource(folder=folder, reading=Reading(page_rows=10, scope=scope)))

    assert [(batch.replaces, batch.cursor is not None) for batch in found] == [
        ((), False),
        (("presenze/2026-03/",), True),
    ]


async def test_bad_rows_are_troubles_of_their_page(clock, folder):
    drop(folder, "a.csv", "a;b\n1;2\n1\n")
    drop(folder, "b.ndjson", '{"a": 1}\nnull\n\n{"a": 2}\n')

    found = await read(DropFolderSource(folder=folder))

    assert [batch.troubles for batch in found] == [
        [("riga 3", "csv.columns", b"1")],
        [("riga 2", "json.row", b"null")],
    ]
    assert found[1].positions == ["riga 1", "riga 4"]


async def test_xml_files_are_read_by_their_records(clock, folder):
    drop(folder, "a.xml", "<c><r>1</r><r>2</r></c>")

    def xml(body):
        return XmlSource(body=body, readers={"r": lambda each: {"n": plain(each)}})

    found = await read(DropFolderSource(folder=folder, xml=xml))

    assert [list(batch.rows) for batch in found] == [[{"n": "1"}, {"n": "2"}]]
    assert found[0].name == "a.xml"
    assert found[0].cursor
    assert not found[0].complete


async def test_links_are_never_followed_and_told_once(clock, folder, tmp_path):
    secret = tmp_path / "segreto.csv"
    secret.write_text("a\n1\n")
    (folder / "a.csv").symlink_to(secret)
    source = DropFolderSource(folder=folder)

    found = await read(source)

    assert [(batch.rows, batch.troubles) for batch in found] == [((), [("file", "file.link", b"")])]
    assert await read(source, found[-1].cursor) == []


async def test_unfinished_hidden_and_outcome_files_are_passed_over(clock, folder):
    for name in (".a.csv", "~$a.xlsx", "a.csv.part", "a.csv.tmp", "a_esito.csv", "x.filepart"):
        drop(folder, name, "a\n1\n")
    (folder / "sub").mkdir()

    assert await read(DropFolderSource(folder=folder)) == []


async def test_a_missing_folder_is_tried_again_later(clock, tmp_path):
    with pytest.raises(Unreachable):
        await read(DropFolderSource(folder=tmp_path / "none"))


async def test_the_outcome_is_written_back_beside_the_file(clock, folder):
    outcome = Outcome(
        name="presenze.csv",
        counts={"read": 2, "new": 1, "quarantined": 1},
        rows=[
            RowOutcome(
                position="riga 3",
                verdict="quarantined",
                code="R3",
                message="=durata",
                message_en="=length",
                owner="partner",
            )
        ],
    )
    source = DropFolderSource(folder=folder)

    await source.tell(outcome)
    await source.tell(outcome)

    assert [each.name for each in folder.iterdir()] == ["presenze_esito.csv"]
    with (folder / "presenze_esito.csv").open(encoding="utf-8-sig", newline="") as text:
        rows = [line.fields for line in read_csv(text, CsvProfile(guarded=True))]
    assert rows == [
        {
            "posizione": "riga 3",
            "esito": "da correggere",
            "codice": "R3",
            "messaggio": "=durata",
            "chi_puo_correggere": "chi invia il file",
            "messaggio_in_inglese": "=length",
        },
        *(
            {
                "posizione": "totale",
                "esito": words,
                "codice": "",
                "messaggio": count,
                "chi_puo_correggere": "",
                "messaggio_in_inglese": "",
            }
            for words, count in (("lette", "2"), ("nuove", "1"), ("da correggere", "1"))
        ),
    ]


async def test_the_outcome_can_be_json(clock, folder, tmp_path):
    source = DropFolderSource(folder=folder, outcomes=tmp_path, outcome_format="json")

    await source.tell(Outcome(name="../../etc/presenze.csv", counts={"read": 0}))

    assert (tmp_path / "_._etc_presenze_esito.json").exists()


async def test_a_file_that_may_not_be_read_is_told_until_it_may(clock, folder, monkeypatch):
    drop(folder, "a.csv", "a\n1\n", age=70)
    drop(folder, "b.csv", "a\n2\n", age=60)
    source = DropFolderSource(folder=folder)

    def guarded(where, name):
        if name == "a.csv":
            raise PermissionError(name)
        return open_plain(where, name)

    with monkeypatch.context() as patch:
        patch.setattr("patto_connectors.files.drop.open_plain", guarded)
        found = await read(source)
    again = await read(source, found[-1].cursor)

    assert found[0].troubles == [("file", "file.permission", b"a.csv")]
    assert [list(batch.rows) for batch in again] == [[{"a": "1"}]]


async def test_a_reader_that_stops_early_leaves_no_file_open(clock, folder, monkeypatch):
    drop(folder, "a.csv", "a\n" + "1\n" * 25)
    handles = []
    monkeypatch.setattr(
        "patto_connectors.files.drop.open_plain", lambda *at: handles.append(open_plain(*at)) or handles[-1]
    )
    pages = DropFolderSource(folder=folder, reading=Reading(page_rows=10)).read(None)
    await anext(pages)

    await pages.aclose()

    assert [handle.closed for handle in handles] == [True]
