"""What a feed promises, for those who write programs that read it: versions, what changed, schemas, examples, vectors.

None of it needs a key: it is of the form of a feed and of nobody's records.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from patto_hub.feeds import envelope
from patto_hub.feeds.documents import example, json_schema
from patto_hub.feeds.vectors import vectors
from patto_hub.web.api import Href, SchemaParams, described
from patto_hub.web.endpoints import Access, Call, Nothing, endpoint
from patto_hub.web.formats import BY_NAME
from patto_hub.web.problems import Problem
from patto_hub.web.site import BASE
from patto_schemas.model import ENTITIES
from patto_schemas.published import FORMATS
from patto_schemas.published import VERSION as SCHEMA_VERSION
from patto_schemas.published.export import artefact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from patto_hub.feeds.spec import FeedSpec

DOCUMENTS: Final = {
    "xsd": "changes.xsd",
    "json_schema": "json-schema",
    "example": "example",
    "webhook_vectors": "webhook-vectors",
}
"""What there is of each feed, by the name of its link."""
SCHEMA_TYPE: Final = "application/schema+json"
XML_TYPE: Final = BY_NAME["xml"].media_type
_PROBLEMS: Final = ("params-invalid", "not-found")


class StepBody(BaseModel):
    """What a version of a view changed."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    version: int
    change: str
    """What changed, in Italian."""
    change_en: str
    """What changed, in English."""


class ViewBody(BaseModel):
    """The fields of one kind of record that leave, and why."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    kind: str = Field(examples=["pact"])
    """The kind of record."""
    view: str = Field(examples=["PactView/1"])
    """The view's name and version, as each item carries it."""
    version: int
    """Grows when a field is added, removed or changes its meaning."""
    purpose: str
    purpose_en: str
    legal_basis: str
    legal_basis_en: str
    changes: list[StepBody]
    """What each version after the first changed, the newest first."""


class ContractLinks(BaseModel):
    """Where the documents are."""

    xsd: Href
    json_schema: Href
    example: Href
    webhook_vectors: Href


class ContractBody(BaseModel):
    """What a feed promises."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    feed: str = Field(examples=["pacts"])
    title: str
    title_en: str
    version: str = Field(examples=["1"])
    """Of the page around the items; steps when the page changes its meaning."""
    formats: list[str]
    """The endings of its addresses."""
    views: list[ViewBody]
    links: ContractLinks = Field(alias="_links")


@endpoint(
    "GET",
    "/feeds/{feed}/contract",
    access=Access.EVERYBODY,
    params=SchemaParams,
    answers={200: ContractBody},
    problems=_PROBLEMS,
)
async def contract(call: Call[SchemaParams, Nothing]) -> web.StreamResponse:
    """Say what a feed promises: its views and their versions, what each changed, and where its schemas are."""
    return web.json_response(contract_body(described(call)).model_dump(mode="json", by_alias=True))


@endpoint(
    "GET",
    "/feeds/{feed}/json-schema",
    access=Access.EVERYBODY,
    params=SchemaParams,
    answers={200: None},
    media_types=(SCHEMA_TYPE,),
    problems=_PROBLEMS,
)
async def feed_schema(call: Call[SchemaParams, Nothing]) -> web.StreamResponse:
    """Give the JSON Schema (2020-12) of a feed's pages in JSON."""
    return await _document(call, json_schema, SCHEMA_TYPE)


@endpoint(
    "GET",
    "/feeds/{feed}/example",
    access=Access.EVERYBODY,
    params=SchemaParams,
    answers={200: None},
    problems=_PROBLEMS,
)
async def feed_example(call: Call[SchemaParams, Nothing]) -> web.StreamResponse:
    """Give a page of a feed as an example; all people in it are invented."""
    return await _document(call, example)


@endpoint(
    "GET",
    "/feeds/{feed}/webhook-vectors",
    access=Access.EVERYBODY,
    params=SchemaParams,
    answers={200: None},
    problems=_PROBLEMS,
)
async def webhook_vectors(call: Call[SchemaParams, Nothing]) -> web.StreamResponse:
    """Give test vectors of a feed's webhooks: messages that a receiver must take, and others that it must refuse."""
    pull = f"{call.site.settings.public_url or 'https://patto.example'}{BASE}/feeds/{call.params.feed}/changes"
    return await _document(call, partial(vectors, pull=pull))


class EntityParams(BaseModel):
    """Which kind of record, in which language of schemas."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    entity: str = Field(max_length=60, examples=["pact"])
    """The kind of record."""
    form: Literal["json-schema", "xsd"] = Field(examples=["json-schema"])
    """`json-schema` for JSON, `xsd` for XML."""


class EntityLinks(BaseModel):
    """Where the schemas are."""

    json_schema: Href
    xsd: Href


class EntityBody(BaseModel):
    """One kind of record."""

    entity: str = Field(examples=["pact"])
    links: EntityLinks = Field(alias="_links")


class EntitiesBody(BaseModel):
    """The kinds of records that partners may hand in."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    version: int
    """Of all these schemas; steps when something that a sender counts on changes."""
    items: list[EntityBody]


@endpoint("GET", "/entities", access=Access.EVERYBODY, answers={200: EntitiesBody})
async def entities(_call: Call[Nothing, Nothing]) -> web.StreamResponse:
    """List the kinds of records, with their published schemas: what is handed in as our own rows is valid by them."""
    items = [
        {"entity": name, "_links": {form.replace("-", "_"): {"href": _entity(name, form)} for form in FORMATS}}
        for name in ENTITIES
    ]
    body = EntitiesBody.model_validate({"version": SCHEMA_VERSION, "items": items})
    return web.json_response(body.model_dump(mode="json", by_alias=True))


@endpoint(
    "GET",
    "/entities/{entity}/{form}",
    access=Access.EVERYBODY,
    params=EntityParams,
    answers={200: None},
    media_types=(SCHEMA_TYPE, XML_TYPE),
    problems=_PROBLEMS,
)
async def entity_schema(call: Call[EntityParams, Nothing]) -> web.StreamResponse:
    """Give the published schema of a kind of record, as JSON Schema (2020-12) or as XSD."""
    if call.params.entity not in ENTITIES:
        there = ", ".join(ENTITIES)
        raise Problem("not-found", (f"Non esiste. Ci sono: {there}.", f"There is none. There are: {there}."))
    _, content = await asyncio.to_thread(artefact, call.params.entity, call.params.form)
    return web.Response(body=content, content_type=XML_TYPE if call.params.form == "xsd" else SCHEMA_TYPE)


ENDPOINTS: Final = (contract, feed_schema, feed_example, webhook_vectors, entities, entity_schema)


def contract_body(feed: FeedSpec) -> ContractBody:
    """Give what a feed promises as it is answered."""
    return ContractBody.model_validate(
        {
            "feed": feed.name,
            "title": feed.title["it"],
            "title_en": feed.title["en"],
            "version": envelope.VERSION,
            "formats": list(BY_NAME),
            "views": [
                {
                    "kind": view.kind,
                    "view": view.name,
                    "version": view.version,
                    "purpose": view.purpose["it"],
                    "purpose_en": view.purpose["en"],
                    "legal_basis": view.legal_basis["it"],
                    "legal_basis_en": view.legal_basis["en"],
                    "changes": [
                        {"version": version, "change": said["it"], "change_en": said["en"]}
                        for version, said in sorted(view.changes.items(), reverse=True)
                    ],
                }
                for view in feed.views
            ],
            "_links": {name: {"href": href} for name, href in documents(feed).items()},
        }
    )


def documents(feed: FeedSpec) -> Mapping[str, str]:
    """Give where the documents of a feed are, by the names of their links; as it leaves, with names or without."""
    suffix = "?identity=pseudonym" if feed.under_pseudonyms else ""
    return {name: f"{BASE}/feeds/{feed.name}/{path}{suffix}" for name, path in DOCUMENTS.items()}


def _entity(name: str, form: str) -> str:
    return f"{BASE}/entities/{name}/{form}"


async def _document(
    call: Call[SchemaParams, Nothing], make: Callable[[FeedSpec], dict[str, Any]], media_type: str = "application/json"
) -> web.Response:
    found = await asyncio.to_thread(make, described(call))
    return web.json_response(found, content_type=media_type)
