from __future__ import annotations

import json
from io import BytesIO
from itertools import product
from random import Random
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin
from zipfile import ZipFile

import pytest
from lxml import etree
from pydantic import BaseModel

from patto_hub.feeds import envelope, pages
from patto_hub.feeds.spec import by_name
from patto_hub.feeds.views import FEEDS
from patto_hub.ledger import feed as addressed
from patto_hub.testing.subscribed import whole
from patto_hub.web.formats import FORMATS
from patto_schemas.model import ENTITIES
from patto_schemas.published.shape import form_of

if TYPE_CHECKING:
    from patto_hub.feeds.spec import FeedSpec, Projection

VIEWS = [(feed, view) for feed in FEEDS for view in feed.views]
KEY = b"k" * 32
NEW = ("employment", "payment_order", "movement")


def models_in(hint: Any) -> list[type[BaseModel]]:
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return [hint]
    return [] if get_origin(hint) is Literal else [model for each in get_args(hint) for model in models_in(each)]


def fields(shape: type[BaseModel], path: str = "") -> set[str]:
    found = set()
    for name, facts in shape.model_fields.items():
        found.add(f"{path}{name}")
        for model in models_in(facts.annotation):
            found |= fields(model, f"{path}{name}.")
    return found


def planted(shape: type[BaseModel], chance: Random, shown: set[str], path: str = "") -> dict[str, Any]:
    """Fill every field: a canary where the view names nothing, a fitting value where it does."""
    row: dict[str, Any] = {}
    for name, facts in shape.model_fields.items():
        here = f"{path}{name}"
        nested = models_in(facts.annotation)
        if here not in shown:
            row[name] = [canary(chance), {"any": canary(chance)}] if chance.random() < 0.5 else canary(chance)
        elif nested:
            inner = planted(nested[0], chance, shown, f"{here}.")
            inner[f"extra_{chance.randrange(9)}"] = canary(chance)
            row[name] = [inner] if "tuple" in str(facts.annotation) else inner
    return row


def canary(chance: Random) -> str:
    return f"CANARY-{chance.randrange(16**8):08x}"


def fitting(shape: type[Projection]) -> dict[str, Any]:
    """Give a value for each field of the view."""
    samples = {"str": "x", "date": "2026-01-31", "Decimal": "12.50", "int": 3, "bool": True}
    row: dict[str, Any] = {}
    for name, facts in shape.model_fields.items():
        hint = str(facts.annotation)
        nested = models_in(facts.annotation)
        inner = fitting(nested[0]) if nested else next(value for word, value in samples.items() if word in hint)
        row[name] = [inner] if "tuple" in hint else inner
    return row


def merged(row: Any, over: Any) -> Any:
    if isinstance(row, dict) and isinstance(over, dict):
        return {name: merged(row.get(name), over[name]) if name in over else row[name] for name in {**row, **over}}
    if isinstance(row, list) and isinstance(over, list):
        return [merged(each, over[0]) for each in row]
    return over


@pytest.mark.parametrize(("feed", "view"), VIEWS, ids=lambda each: getattr(each, "kind", None) or each.name)
def test_a_view_names_only_fields_that_the_canonical_record_has(feed, view):
    assert fields(view.shape) <= fields(ENTITIES[view.kind])


@pytest.mark.parametrize(("feed", "view"), VIEWS, ids=lambda each: getattr(each, "kind", None) or each.name)
@pytest.mark.parametrize("seed", range(5))
def test_no_field_leaves_that_the_view_does_not_name(feed: FeedSpec, view, seed):
    chance = Random(seed)
    entity = ENTITIES[view.kind]
    shown = fields(view.shape)
    record = merged(planted(entity, chance, shown), fitting(view.shape)) | {"undeclared": canary(chance)}
    text = json.dumps(record)
    assert all("CANARY" in json.dumps(record[name]) for name in entity.model_fields if name not in shown)
    item = addressed.Item(1, "upsert", 0, view.kind, 1, 1, "partner", b"", text)

    page = pages.compose(
        subscription=whole(feed),
        reader=pages.Reader(partner="p", organisation=1),
        key=KEY,
        page=addressed.Page([item], 1, more=False, newest=1),
        now=0,
    )

    for body in (page.as_json("/next"), page.as_ndjson("/next")):
        first = json.loads(body.splitlines()[0])
        assert first.get("items", [first])[0]["data"] == fitting(view.shape)
    assert [form.name for form in FORMATS if "CANARY" in seen(form.name, form.render(feed, page, "/next"))] == []
    assert "CANARY" not in repr((page.next_cursor, page.etag, page.end("/next")))


def seen(name: str, body: bytes) -> str:
    """Give all that stands in a page, also within a workbook's parts."""
    if name != "xlsx":
        return body.decode()
    with ZipFile(BytesIO(body)) as book:
        return "".join(book.read(each).decode() for each in book.namelist())


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_each_page_in_xml_is_valid_against_the_schema_of_its_feed_and_names_fields_as_the_entities_do(feed: FeedSpec):
    records = [(view.kind, json.dumps(fitting(view.shape))) for view in feed.views]
    items = [
        addressed.Item(seq, op, 0, kind, seq, 1, "p", b"", text)
        for seq, (op, (kind, text)) in enumerate(product(("upsert", "delete", "withdraw"), records))
    ]
    reader = pages.Reader(partner="p", organisation=1)
    read = addressed.Page(items, 9, more=False, newest=9)
    page = pages.compose(subscription=whole(feed), reader=reader, key=KEY, page=read, now=0)

    document = etree.fromstring(envelope.as_xml(feed, page, "/next"))
    etree.XMLSchema(etree.fromstring(envelope.xsd(feed))).assertValid(document)
    for view in feed.views:
        told = [etree.QName(each).localname for each in document.find(f".//{{*}}data/{{*}}{view.kind}")]
        assert told == list(view.shape.model_fields)
        assert set(told) <= {field.name for field in form_of(view.kind).shapes[form_of(view.kind).root].fields}


def test_every_view_says_its_purpose_in_both_languages():
    for _, view in VIEWS:
        assert set(view.purpose) == {"it", "en"}
        assert all(view.purpose.values())
    assert all(set(feed.title) == {"it", "en"} for feed in FEEDS)


def test_health_home_and_household_are_in_no_view():
    special = {"vulnerable_group", "disability", "residence", "domicile", "contacts", "permit", "note", "citizenship"}

    assert not [name for _, view in VIEWS for name in fields(view.shape) if name.rsplit(".", 1)[-1] in special]


def test_a_bank_learns_of_the_payee_only_the_name_and_the_account():
    feed = by_name(FEEDS)["payments"]
    of_a_person = {"creditor_name", "creditor_iban"}

    assert feed.kinds == {"payment_order"}
    assert not {"loan_id", "pact_id"} & fields(feed.view("payment_order").shape)
    assert {name for name in fields(feed.view("payment_order").shape) if name.startswith("creditor")} == of_a_person


def test_jobs_orders_and_movements_leave_each_in_a_feed_of_its_own():
    homes = {kind: [feed.name for feed in FEEDS if kind in feed.kinds] for kind in NEW}

    assert homes == {"employment": ["employments"], "payment_order": ["payments"], "movement": ["movements"]}
    assert not any(feed.public for feed in FEEDS if feed.kinds & set(NEW))


def test_why_a_job_ended_and_what_an_entry_says_stay_in():
    said = {view.kind: fields(view.shape) for _, view in VIEWS}

    assert not {"end_cause", "communications", "weekly_hours"} & said["employment"]
    assert "note" not in said["movement"]


def test_whoever_asked_recognises_the_answer_by_its_own_request():
    view = by_name(FEEDS)["enrolments"].view("enrolment")

    assert {"request_id", "request_scheme"} <= fields(view.shape)
    assert view.version == 2
