from __future__ import annotations

import asyncio

import pytest

from patto_connectors.contract import Outcome, RowOutcome
from patto_connectors.errors import Malformed, Refused, Trouble, Unreachable
from patto_connectors.files import Reading
from patto_connectors.sftp import SftpSource
from patto_connectors.testing.faults import SFTP
from patto_connectors.xml import XmlSource, plain


def names(folder):
    return sorted(each.name for each in folder.iterdir())


async def test_files_are_read_by_age_then_name(fake, drop, reading, rows):
    drop("b.csv", "a\n1\n")
    drop("a.ndjson", '{"a": "2"}\n')
    drop("c.json", '[{"a": "3"}]')

    async with fake.running():
        found = await reading()

    assert [batch.name for batch in found] == ["b.csv", "a.ndjson", "c.json"]
    assert rows(found) == [{"a": "1"}, b'{"a": "2"}', b'{"a": "3"}']


async def test_a_new_file_is_looked_at_twice_whatever_its_age_says(fake, clock, drop, reading):
    drop("a.csv", "a\n1\n")

    async with fake.running():
        await reading(source={"settle_seconds": 7})

    assert clock.slept == [7]


async def test_an_empty_folder_is_not_waited_for(fake, clock, reading):
    async with fake.running():
        assert await reading() == []

    assert clock.slept == []


async def test_a_mark_comes_with_the_last_page_and_the_file_is_not_read_again(fake, drop, reading):
    drop("a.csv", "a\n" + "1\n" * 25)

    async with fake.running():
        first = await reading(source={"reading": Reading(page_rows=10)})
        again = await reading(first[-1].cursor)

    assert [batch.cursor is not None for batch in first] == [False, False, True]
    assert again == []


async def test_the_same_bytes_again_are_recognised(fake, drop, reading, rows):
    drop("a.csv", "a\n1\n")
    async with fake.running():
        first = await reading()
        drop("a.csv", "a\n1\n")
        again = await reading(first[-1].cursor)

    assert rows(again) == []
    assert again[-1].cursor != first[-1].cursor


async def test_with_markers_only_marked_files_are_read(fake, drop, reading):
    drop("a.csv", "a\n1\n")
    drop("b.csv", "a\n2\n")
    drop("b.csv.done", "")

    async with fake.running():
        found = await reading(source={"ready": "done"})
        await reading(found[-1].cursor, source={"ready": "done"}, done="/done")

    assert [batch.name for batch in found] == ["b.csv"]
    assert names(fake.folder / "in") == ["a.csv"]
    assert names(fake.folder / "done") == ["b.csv"]


async def test_a_processed_file_is_moved_once_its_mark_is_kept(fake, drop, reading):
    drop("a.csv", "a\n1\n")

    async with fake.running():
        found = await reading(done="/in/letti")
        assert names(fake.folder / "in") == ["a.csv"], "the mark may not have been kept"
        await reading(found[-1].cursor, done="/in/letti")

    assert names(fake.folder / "in") == ["letti"]
    assert names(fake.folder / "in" / "letti") == ["a.csv"]


async def test_a_second_file_of_a_name_keeps_the_first_in_its_place(fake, drop, reading):
    cursor = None
    async with fake.running():
        for content in ("a\n1\n", "a\n2\n"):
            drop("a.csv", content)
            cursor = (await reading(cursor, done="/done"))[-1].cursor
            await reading(cursor, done="/done")

    assert sorted(each.read_text() for each in (fake.folder / "done").iterdir()) == ["a\n1\n", "a\n2\n"]


async def test_a_name_that_is_not_utf_8_is_read_and_moved(fake, drop, reading, rows):
    path = drop("x.csv", "a\n1\n")
    path.rename(path.parent / b"attivit\xe0.csv".decode("utf-8", "surrogateescape"))

    async with fake.running():
        found = await reading(done="/done")
        await reading(found[-1].cursor, done="/done")

    assert rows(found) == [{"a": "1"}]
    assert len(names(fake.folder / "done")) == 1


async def test_links_are_never_followed_and_told_once(fake, drop, reading, tmp_path):
    secret = tmp_path / "segreto.csv"
    secret.write_text("a\n1\n")
    (fake.folder / "in" / "a.csv").symlink_to(secret)

    async with fake.running():
        found = await reading()
        again = await reading(found[-1].cursor)

    assert [batch.troubles for batch in found] == [[("file", "file.link", b"")]]
    assert again == []


async def test_names_that_lead_out_of_the_folder_are_set_aside_and_the_others_go_on(fake, drop, reading, rows):
    drop("a.csv", "a\n1\n")
    fake.faults.order("hostile_names", times=None)

    async with fake.running():
        found = await reading()

    assert rows(found) == [{"a": "1"}]
    assert [code for batch in found for _, code, _ in batch.troubles] == ["file.link"] * 7
    assert all("\0" not in batch.name for batch in found)


async def test_a_file_that_may_not_be_read_is_told_until_it_may(fake, drop, reading, rows):
    drop("a.csv", "a\n1\n")
    drop("b.csv", "a\n2\n")
    fake.faults.order("permission", path="/in/a.csv")

    async with fake.running():
        found = await reading()
        again = await reading(found[-1].cursor)

    assert rows(found) == [{"a": "2"}]
    assert [batch.troubles for batch in found[:1]] == [[("file", "file.permission", b"a.csv")]]
    assert rows(again) == [{"a": "1"}]


async def test_a_file_that_goes_is_passed_over(fake, drop, reading, rows):
    drop("a.csv", "a\n1\n")
    drop("b.csv", "a\n2\n")
    fake.faults.order("vanishes", path="/in/a.csv")

    async with fake.running():
        found = await reading()

    assert rows(found) == [{"a": "2"}]
    assert fake.faults.happened == ["vanishes"]


async def test_a_file_that_grows_is_left_for_the_next_look(fake, drop, reading, rows):
    drop("a.csv", "a\n1\n")
    fake.faults.order("grows")

    async with fake.running():
        assert await reading() == []
        found = await reading()

    assert rows(found)[0] == {"a": "1"}
    assert rows(found)[-1] == {"a": "9"}


async def test_a_file_that_is_longer_than_agreed_is_set_aside_once(fake, drop, reading, rows):
    drop("a.csv", "a\n" + "1\n" * 1_000)
    drop("b.csv", "a\n2\n")
    caps = {"file": 1_000}

    async with fake.running():
        found = await reading(caps=caps)
        again = await reading(found[-1].cursor, caps=caps)

    assert [list(batch.troubles) for batch in found] == [[("file", "file.size", b"")], []]
    assert rows(found) == [{"a": "2"}]
    assert again == []


async def test_a_listing_without_end_is_ended(fake, reading):
    fake.faults.order("crowded")

    async with fake.running():
        with pytest.raises(Refused) as refused:
            await reading(caps={"names": 500})

    assert refused.value.code == "folder.crowded"


async def test_a_missing_folder_is_tried_again_later(fake, reading):
    async with fake.running():
        with pytest.raises(Unreachable) as unreachable:
            await reading(folder="/none")

    assert unreachable.value.code == "folder.missing"


async def test_xml_files_are_read_by_their_records(fake, drop, reading, rows):
    drop("a.xml", "<c><r>1</r><r>2</r></c>")

    def xml(body):
        return XmlSource(body=body, readers={"r": lambda each: {"n": plain(each)}})

    async with fake.running():
        found = await reading(source={"xml": xml})

    assert rows(found) == [{"n": "1"}, {"n": "2"}]


async def test_the_outcome_is_written_back_beside_the_file(fake):
    outcome = Outcome(
        name="../presenze.csv",
        counts={"read": 1, "quarantined": 1},
        rows=[RowOutcome(position="riga 3", verdict="quarantined", code="R3", owner="partner")],
    )

    async with fake.running():
        source = SftpSource(settings=fake.settings(folder="/in"))
        await source.tell(outcome)
        await source.tell(outcome)

    assert names(fake.folder / "in") == ["_presenze_esito.csv"]
    assert b"da correggere" in (fake.folder / "in" / "_presenze_esito.csv").read_bytes()


async def test_a_new_outcome_replaces_the_old_one_even_where_renames_do_not(fake):
    fake.faults.order("no_rename", times=None)
    async with fake.running():
        source = SftpSource(settings=fake.settings(folder="/", outcomes="/in"), outcome_format="json")
        await source.tell(Outcome(name="a.csv", counts={"read": 1}))
        await source.tell(Outcome(name="a.csv", counts={"read": 2}))

    assert names(fake.folder / "in") == ["a_esito.json"]
    assert b'"read": 2' in (fake.folder / "in" / "a_esito.json").read_bytes()


async def test_a_reader_that_stops_early_leaves_nothing_open(fake, drop):
    drop("a.csv", "a\n" + "1\n" * 5_000)

    async with fake.running():
        pages = SftpSource(settings=fake.settings(folder="/in")).read(None)
        await anext(pages)
        await pages.aclose()

        assert len(asyncio.all_tasks()) < 10
    assert fake.logins == 1


PATIENCE = {"connect": 2, "operation": 0.5, "file": 1_800, "rate": 1_024, "rate_window": 60}


@pytest.mark.parametrize("fault", sorted(set(SFTP) - {"disk_full", "cut_upload", "stall_upload", "no_rename"}))
async def test_every_fault_of_the_menu_ends_in_a_trouble_or_in_good_rows(fake, drop, reading, rows, fault):
    drop("a.csv", "a\n" + "1\n" * 300)
    drop("b.csv", "a\n" + "1\n" * 301)
    fake.faults.order(fault)
    found, trouble = [], None

    async with fake.running():
        try:
            found = await reading(timeouts=PATIENCE)
        except (Unreachable, Refused, Malformed) as named:
            trouble = named
        drop("a.csv", "a\n" + "1\n" * 300)
        healed = await reading(timeouts=PATIENCE)

    assert fake.faults.happened == [fault]
    assert isinstance(trouble, Trouble) or {str(row) for row in rows(found)} == {"{'a': '1'}"}
    assert len(rows(healed)) >= 600, "the next look reads both files"
