"""One page in all five formats, each read back by a reader of its own to the same items."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from python_calamine import CalamineWorkbook

from patto_hub.feeds import envelope, pages, table
from patto_hub.feeds.spec import FeedSpec, Projection, View
from patto_hub.ledger import feed as addressed
from patto_hub.testing.subscribed import whole

if TYPE_CHECKING:
    from collections.abc import Iterator

WHY = {"it": "prova", "en": "test"}
KEY = b"k" * 32
LINK = "/next?cursor=a&limit=2"
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
LOSSES = {"json": None, "ndjson": None, "xml": NOT_XML, "csv": re.compile("\0"), "xlsx": NOT_XML}


class Part(Projection):
    """A part."""

    text: str
    size: Decimal | None = None
    note: str | None = None


class Whole(Projection):
    """A bit of everything that a view can hold."""

    title: str
    maybe: str | None
    kind: str | None = None
    number: int | None = None
    amount: Decimal | None = None
    ratio: float | None = None
    on: date | None = None
    at: datetime | None = None
    sure: bool | None = None
    state: Literal["open", "closed"] = "open"
    either: str | int | None = None
    words: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    part: Part | None = None


class Item(Projection):
    """A view that is called as a part of the envelope."""

    name: str


FEED = FeedSpec(
    name="whole",
    title=WHY,
    views=(
        View(kind="whole", shape=Whole, purpose=WHY, legal_basis=WHY),
        View(kind="other", shape=Item, purpose=WHY, legal_basis=WHY),
    ),
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
PARTS = st.fixed_dictionaries(
    {"text": TEXTS}, optional={"size": st.decimals(-9999, 9999, places=2).map(str), "note": TEXTS}
)
WHOLES = st.fixed_dictionaries(
    {"title": TEXTS, "maybe": st.none() | TEXTS},
    optional={
        "kind": TEXTS,
        "number": st.integers(-(10**20), 10**20),
        "amount": st.decimals(-(10**20), 10**20, places=2).map(str),
        "ratio": st.floats(allow_nan=False, allow_infinity=False),
        "on": st.dates().map(str),
        "at": st.datetimes(datetime(1000, 1, 1)).map(lambda at: f"{at.isoformat()}Z"),  # noqa: DTZ001
        "sure": st.booleans(),
        "state": st.sampled_from(["open", "closed"]),
        "either": TEXTS,
        "words": st.lists(TEXTS, max_size=3),
        "parts": st.lists(PARTS, max_size=2),
        "part": PARTS,
    },
)
RECORDS = st.one_of(
    WHOLES.map(lambda record: ("whole", record)), st.builds(lambda name: ("other", {"name": name}), TEXTS)
)
ROWS = st.lists(st.tuples(st.sampled_from(["upsert", "upsert", "delete", "withdraw"]), RECORDS), max_size=5)


def page_of(rows: list[tuple[str, tuple[str, Any]]], feed: FeedSpec = FEED) -> pages.FeedPage:
    items = [
        addressed.Item(seq, op, 1_772_442_000_000, kind, seq, 3, "ambito-fg1", b"", json.dumps(record))
        for seq, (op, (kind, record)) in enumerate(rows, 1)
    ]
    read = addressed.Page(items, len(items), more=True, newest=len(items))
    return pages.compose(
        subscription=whole(feed), reader=pages.Reader(partner="p", organisation=1), key=KEY, page=read, now=0
    )


def read_json(page: pages.FeedPage) -> tuple[list[Any], str, bool]:
    read = json.loads(page.as_json(LINK))
    return read["items"], read["next_cursor"], read["has_more"]


def read_ndjson(page: pages.FeedPage) -> tuple[list[Any], str, bool]:
    *items, last = map(json.loads, page.as_ndjson(LINK).split(b"\n")[:-1])
    return items, last["next_cursor"], last["has_more"]


def read_xml(page: pages.FeedPage) -> tuple[list[Any], str, bool]:
    root = etree.fromstring(envelope.as_xml(FEED, page, LINK))
    etree.XMLSchema(etree.fromstring(envelope.xsd(FEED))).assertValid(root)
    read = plain(root)
    assert read["_links"] == {"next": {"href": LINK}}
    items = read["items"] or []
    for item in items:
        item["data"] = item["data"][item["kind"]] if "data" in item else None
    return items, read["next_cursor"], read["has_more"] == "true"


def plain(element: etree._Element) -> Any:
    names = [etree.QName(child).localname for child in element]
    if not names:
        return element.text or ""
    if set(names) == {"item"}:
        return [plain(child) for child in element]
    return dict(zip(names, map(plain, element), strict=True))


def read_csv(page: pages.FeedPage) -> tuple[list[Any], str, bool]:
    content = table.as_csv(FEED, page, LINK)
    assert content.startswith(b"\xef\xbb\xbf")
    head, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";", strict=True)
    assert head == table.columns(FEED)
    comma = {"amount", "ratio", "part.size"}
    read = [
        {
            name: cell.replace(",", ".") if name in comma else cell.removeprefix("'")
            for name, cell in zip(head, row, strict=True)
        }
        for row in rows
    ]
    assert not [cell for row in rows for name, cell in zip(head, row, strict=True) if runs(cell, name)]
    return [nested(row) for row in read], page.next_cursor, page.has_more


def runs(cell: str, name: str) -> bool:
    numbers = {"number", "amount", "ratio", "part.size"}
    return cell.startswith(("=", "+", "-", "@", "\t", "\r")) and name not in numbers


def read_xlsx(page: pages.FeedPage) -> tuple[list[Any], str, bool]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(table.as_xlsx(FEED, page, LINK)))
    head, *rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    assert [name for name in head if not name.endswith(")")] == table.columns(FEED)
    ends = dict(book.get_sheet_by_index(1).to_python())
    assert ends["next"] == LINK
    return [nested(joined(head, row)) for row in rows], ends["next_cursor"], ends["has_more"] == "true"


def joined(head: list[str], row: list[Any]) -> dict[str, Any]:
    cells: dict[str, Any] = {}
    for name, cell in zip(head, row, strict=True):
        whole = name.split(" (")[0]
        cells[whole] = cells[whole] + cell if whole in cells else cell
    return cells


def nested(cells: dict[str, Any]) -> dict[str, Any]:
    """Make an item of a row: dotted names become objects, cells of JSON what they say."""
    own = {name: cells[name] for name in table.FIRST}
    of_json = {"words", "parts"}
    data: dict[str, Any] = {}
    for name, cell in cells.items():
        if name in own or name == "altered" or cell == "":
            continue
        *path, last = name.removeprefix("data.").split(".")
        place = data
        for each in path:
            place = place.setdefault(each, {})
        place[last] = json.loads(cell) if name in of_json else cell
    altered = json.loads(cells["altered"] or "[]")
    return {**own, "data": data, **({"altered": altered} if altered else {})}


READERS = {"json": read_json, "ndjson": read_ndjson, "xml": read_xml, "csv": read_csv, "xlsx": read_xlsx}


def comparable(value: Any, name: str = "") -> Any:
    """Give a value as all formats say it: nothing, an empty text and an empty list are one, numbers are numbers."""
    if isinstance(value, dict):
        read = {key: comparable(each, key) for key, each in value.items()}
        return {key: each for key, each in read.items() if each not in (None, "", [], {})}
    if isinstance(value, list):
        return [comparable(each) for each in value]
    if value in (None, ""):
        return None
    if name in ("amount", "size", "ratio", "number", "version"):
        return float(value) if name == "ratio" else Decimal(str(value))
    if name == "sure":
        return str(value).lower()
    return str(value)


def expected(items: list[Any], unfit: re.Pattern[str] | None) -> list[Any]:
    told = []
    for item in items:
        altered: list[str] = []
        read = replaced(item, unfit, "", altered) if unfit else item
        told.append({**read, **({"altered": altered} if altered else {})})
    return [comparable(item) for item in told]


def replaced(value: Any, unfit: re.Pattern[str], where: str, altered: list[str]) -> Any:
    if isinstance(value, dict):
        return {name: replaced(each, unfit, f"{where}/{name}", altered) for name, each in value.items()}
    if isinstance(value, list):
        return [replaced(each, unfit, f"{where}/{at}", altered) for at, each in enumerate(value)]
    if isinstance(value, str) and unfit.search(value):
        altered.append(where)
        return unfit.sub("\ufffd", value)
    return value


def assert_all_formats_say_the_same(page: pages.FeedPage) -> None:
    items, cursor, more = read_json(page)
    for name, read in READERS.items():
        got, got_cursor, got_more = read(page)
        assert (got_cursor, got_more) == (cursor, more), name
        assert [comparable(item) for item in got] == expected(items, LOSSES[name]), name


@settings(max_examples=80, deadline=None)
@given(rows=ROWS)
def test_a_page_says_the_same_in_each_format(rows):
    assert_all_formats_say_the_same(page_of(rows))


@pytest.mark.shared
def test_naughty_strings_come_through_each_format(shared):
    naughty = json.loads((shared / "bad_input/naughty_strings/blns.json").read_text("utf-8"))
    assert len(naughty) > 400
    records = [
        ("whole", {"title": text, "maybe": None, "words": [text], "parts": [{"text": text}]}) for text in naughty
    ]

    assert_all_formats_say_the_same(page_of([("upsert", record) for record in records]))


def test_a_text_longer_than_a_cell_goes_on_in_the_next_column():
    long = "\U0001f600" * 40_000
    page = page_of(
        [
            ("upsert", ("whole", {"title": long, "maybe": "", "words": [long]})),
            ("upsert", ("whole", {"title": "x", "maybe": None})),
        ]
    )
    head, *_ = (
        CalamineWorkbook.from_filelike(io.BytesIO(table.as_xlsx(FEED, page, LINK))).get_sheet_by_index(0).to_python()
    )

    assert head[7:10] == ["title", "title (2)", "title (3)"]
    assert_all_formats_say_the_same(page)


@pytest.mark.parametrize("write", [envelope.as_xml, table.as_xlsx, table.as_csv])
def test_an_item_that_a_format_cannot_carry_is_told_and_never_left_out(write):
    page = page_of(
        [
            ("upsert", ("whole", {"title": "a\0b", "maybe": "", "words": ["x", "\0"]})),
            ("upsert", ("whole", {"title": "c", "maybe": None})),
        ]
    )
    name = {envelope.as_xml: "xml", table.as_xlsx: "xlsx", table.as_csv: "csv"}[write]

    items, _, _ = READERS[name](page)

    assert [(item["data"]["title"], item.get("altered")) for item in items] == [
        ("a\ufffdb", ["/data/title", "/data/words/1"]),
        ("c", None),
    ]


def test_the_columns_of_a_table_are_those_of_the_feed_not_of_the_page():
    first = ["id", "version", "change", "changed_at", "kind", "source", "view"]
    whole = [
        "title",
        "maybe",
        "data.kind",
        "number",
        "amount",
        "ratio",
        "on",
        "at",
        "sure",
        "state",
        "either",
        "words",
        "parts",
    ]
    names = [*first, *whole, "part.text", "part.size", "part.note", "name", "altered"]

    assert table.columns(FEED) == names
    assert table.as_csv(FEED, page_of([]), LINK).decode("utf-8-sig") == ";".join(names) + "\r\n"


def test_each_format_gives_the_same_bytes_for_the_same_page():
    page = page_of([("upsert", ("whole", {"title": "x", "maybe": None, "amount": "1.50"}))])

    for write in (envelope.as_xml, table.as_csv, table.as_xlsx):
        assert write(FEED, page, LINK) == write(FEED, page, LINK)


def elements(schema: etree._Element) -> Iterator[str]:
    for each in schema.iter("{*}complexType"):
        if each.get("name"):
            yield each.get("name")


def test_a_view_called_as_a_part_of_the_envelope_gets_a_type_of_its_own():
    names = list(elements(etree.fromstring(envelope.xsd(FEED))))

    assert len(set(names)) == len(names)
    assert {"Item", "Item_2"} <= set(names)
