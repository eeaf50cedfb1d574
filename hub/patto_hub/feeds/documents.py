"""What the programmers of a feed's readers are given: its JSON Schema, and a page as an example, without real people.

Both are made of the views themselves, as the XSD is (`feeds.envelope`), so they say nothing else than what leaves.
"""

from __future__ import annotations

import json
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING, Any, Final

from pydantic.json_schema import models_json_schema

from patto_hub.feeds.envelope import namespace
from patto_hub.feeds.pseudonyms import pseudonyms_of
from patto_hub.feeds.subscriptions import Subscription
from patto_schemas.invent import Inventor
from patto_schemas.invented_dealings import employment, movement, payment_order
from patto_schemas.published.json_schema import DIALECT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patto_hub.feeds.spec import FeedSpec
    from patto_schemas.model.base import Entity

CURSOR: Final = "AQAAAAAAAAAqAABPGQ"
"""Stands for a cursor in examples; no hub has made it."""
SOURCE: Final = "ambito_esempio"
SEED: Final = 2026
"""The same people are invented for everybody, always."""
_DAY: Final = "2026-03-02T09:00:00.000Z"
_REF: Final = "#/$defs/{model}"
_TEXT: Final = {"type": "string"}
_WORDS: Final = (
    "Readers ignore fields that they do not know; a field that a record does not have is left out. "
    "Amounts are texts, as `4.50`, so that no digit is lost."
)


def json_schema(feed: FeedSpec) -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of a feed's pages in JSON, and of an item by itself as `#/$defs/Item`."""
    models, made = models_json_schema(
        [(view.shape, "validation") for view in feed.views], ref_template=_REF, title=feed.title["en"]
    )
    shapes = {view.kind: models[view.shape, "validation"] for view in feed.views}
    gone = {"properties": {"change": {"enum": ["delete", "withdraw", "erase"]}, "data": {"type": "null"}}}
    held = [
        {"properties": {"change": {"const": "upsert"}, "kind": {"const": view.kind}, "data": shapes[view.kind]}}
        for view in feed.views
    ]
    item = {
        "type": "object",
        "description": "One change of one record, as one partner says it.",
        "properties": {
            "id": _TEXT,
            "version": {"type": "integer", "minimum": 1},
            "change": {"enum": ["upsert", "delete", "withdraw", "erase"]},
            "changed_at": {"type": "string", "format": "date-time"},
            "kind": {"enum": [view.kind for view in feed.views]},
            "source": _TEXT,
            "view": {"enum": [view.name for view in feed.views]},
            "data": {"type": ["object", "null"]},
        },
        "required": ["id", "version", "change", "changed_at", "kind", "source", "view", "data"],
        "oneOf": [*held, gone],
    }
    return {
        "$schema": DIALECT,
        "$id": f"{namespace(feed)}:page",
        "$comment": _WORDS,
        "title": feed.title["en"],
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": {"$ref": "#/$defs/Item"}},
            "next_cursor": _TEXT,
            "has_more": {"type": "boolean"},
            "_links": _links(),
        },
        "required": ["items", "next_cursor", "has_more", "_links"],
        "$defs": {**_as_written(made.get("$defs", {})), "Item": item},
    }


def _as_written(schema: Any) -> Any:  # noqa: ANN401 - a part of a schema is any JSON
    """Leave out numbers where a text stands for them: both are read, and only texts are written."""
    if isinstance(schema, list):
        kept = [each for each in schema if each != {"type": "number"}]
        return [_as_written(each) for each in (kept if any(_is_text(each) for each in kept) else schema)]
    if not isinstance(schema, dict):
        return schema
    written = {name: _as_written(each) for name, each in schema.items()}
    match written.get("anyOf"):
        case [only]:
            return {**{name: each for name, each in written.items() if name != "anyOf"}, **only}
    return written


def _is_text(schema: Any) -> bool:  # noqa: ANN401 - a part of a schema is any JSON
    return isinstance(schema, dict) and schema.get("type") == "string"


def example(feed: FeedSpec) -> dict[str, Any]:
    """Give a page of a feed, made of invented records: one of each kind, and one that is gone."""
    names = pseudonyms_of(b"example", SOURCE, 1) if feed.under_pseudonyms else None
    subscription = Subscription(partner=SOURCE, feed=feed, pseudonyms=names)
    items = []
    for number, record in enumerate((each for each in _invented() if each.kind in feed.kinds), 1):
        payload = record.model_dump_json(exclude_none=True)
        items.append(
            {
                "id": subscription.item_id(record.kind, number),
                "version": 1,
                "change": "upsert",
                "changed_at": _DAY,
                "kind": record.kind,
                "source": SOURCE,
                "view": feed.view(record.kind).name,
                "data": json.loads(subscription.project(record.kind, payload, SOURCE)),
            }
        )
    if items:
        items.append({**items[-1], "version": 2, "change": "delete", "data": None})
    onward = f"/rest/patto/v1/feeds/{feed.name}/changes?cursor={CURSOR}&limit=100"
    return {"items": items, "next_cursor": CURSOR, "has_more": False, "_links": {"next": {"href": onward}}}


def _links() -> dict[str, Any]:
    link = {"type": "object", "properties": {"href": _TEXT}, "required": ["href"]}
    return {"type": "object", "properties": {"next": link}, "required": ["next"]}


@lru_cache(maxsize=1)
def _invented() -> tuple[Entity, ...]:
    return tuple(_records())


def _records() -> Iterator[Entity]:
    """Yield an invented record of each kind that a feed may give, that hang together."""
    inventor = Inventor(Random(SEED), "ESEMPIO-")  # noqa: S311 - an example, no secret
    course = inventor.course_offering()
    dossier = inventor.dossier(course)
    loan = inventor.loan(dossier.pact)
    yield from (dossier.person, dossier.pact, dossier.measures[0], dossier.enrolments[0], dossier.attendance[0])
    yield inventor.attendance_month(dossier.enrolments[0], dossier.attendance)
    yield from (course, inventor.organisation(), inventor.ambito())
    yield from (employment(inventor, dossier.pact), payment_order(inventor, loan), movement(inventor, loan))
