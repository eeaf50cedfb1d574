"""Describes the API in OpenAPI 3.1, from the routes themselves and from the views of the feeds."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from pydantic.json_schema import models_json_schema

from patto_hub.web.endpoints import Access, Endpoint, Nothing
from patto_hub.web.formats import XLSX_TYPE
from patto_hub.web.idempotency import LONGEST
from patto_hub.web.kinds import KINDS
from patto_hub.web.packed import PROBLEMS as BODY_PROBLEMS
from patto_hub.web.problems import MEDIA_TYPE, ProblemBody
from patto_hub.web.receiving import FORM
from patto_hub.web.ways_in import WAYS, ways_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic import BaseModel

    from patto_hub.web.site import Site

VERSION: Final = "1.0.0"
"""The API's own version (semantic), not the hub's."""
_REF: Final = "#/components/schemas/{model}"
_STRING: Final = {"type": "string"}
_BINARY: Final = {"type": "string", "format": "binary"}
_FORM: Final = {
    "type": "object",
    "properties": {"file": {**_BINARY, "description": "The one file; the ending of its name says what it is."}},
    "required": ["file"],
    "additionalProperties": False,
}
_WORDS: Final = {
    "application/x-ndjson": "One item a line, then a line with `next_cursor`, `has_more` and `_links`.",
    "application/xml": "Valid against the XML Schema at `/feeds/{feed}/changes.xsd`.",
    "text/csv": "One item a line; UTF-8 with a mark, `;`, decimal commas. The cursor is in the header Next-Cursor.",
    XLSX_TYPE: "A workbook: the items on the first sheet, `next_cursor` and `has_more` on the second.",
}
_WAYS_IN: Final = ("key-missing", "certificate-missing", "signature-refused", "feed-withheld", "not-ready")
"""What can be answered where it must be shown who asks: nothing good was shown, the settings let it in by no way, or
what it shows cannot be judged now."""
_ALWAYS: Final = {
    Access.EVERYBODY: ("internal",),
    Access.PARTNER: (*_WAYS_IN, "rate-exceeded", "internal"),
    Access.OPERATOR: ("local-only", *_WAYS_IN, "rate-exceeded", "internal"),
}
_ANY_WAY: Final[list[dict[str, list[str]]]] = [{way: []} for way in WAYS]
_SECURITY: Final[Mapping[Access, list[dict[str, list[str]]]]] = {
    Access.EVERYBODY: [],
    Access.PARTNER: _ANY_WAY,
    Access.OPERATOR: [*_ANY_WAY, {}],  # whoever is on the hub's machine needs none
}
_RATES: Final = {
    name: {"description": words, "schema": {"type": "integer", "format": "int32"}}
    for name, words in {
        "X-RateLimit-Limit": "Requests that fit in the window.",
        "X-RateLimit-Remaining": "Requests that are left now.",
        "X-RateLimit-Reset": "Seconds until all are allowed again.",
    }.items()
}
_IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Names what is handed in: the same key and body again give the same receipt, nothing is kept twice.",
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": LONGEST,
        "examples": ["7c9e6679-7425-40de-944b-e07fc1f90ae7"],
    },
}
_UNCACHED: Final = {
    "Cache-Control": {"description": "`no-store`: what is answered may be of persons.", "schema": {"type": "string"}}
}
_RETRY: Final = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "format": "int32"}}}


def document(site: Site, base: str, groups: Mapping[str, Sequence[Endpoint]]) -> dict[str, Any]:
    """Give the description of all endpoints; `groups` maps a prefix (`base` or empty) to its endpoints."""
    endpoints = [each for group in groups.values() for each in group]
    shapes = [view.shape for feed in site.feeds.values() for view in feed.views]
    paths: dict[str, dict[str, Any]] = {}
    for prefix, group in groups.items():
        beside = {} if prefix == base else {"servers": [_server(site, prefix)]}
        for each in group:
            paths.setdefault(each.path, dict(beside))[each.method.lower()] = _operation(each, sorted(site.feeds))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{site.settings.title} - flussi per i partner",
            "summary": "Change feeds for the partners of individual inclusion pacts",
            "description": "I partner leggono le variazioni dei patti individuali di inserimento che li riguardano.",
            "version": VERSION,
            "contact": {"name": site.settings.contact, "url": site.settings.contact_url},
            "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
            "termsOfService": site.settings.contact_url,
            "x-summary": "Flussi di variazioni dei patti individuali di inserimento",
            "x-api-id": "patto-feeds",
        },
        "servers": [_server(site, base)],
        "tags": [{"name": "feeds", "description": "Flussi"}, {"name": "operations", "description": "Esercizio"}],
        "paths": paths,
        "components": {
            "schemas": _with_views(_schemas([ProblemBody, *_models(endpoints), *shapes]), shapes),
            "securitySchemes": ways_in(site, base),
        },
        "x-feeds": [
            {"name": feed.name, "title": dict(feed.title), "views": {view.kind: view.name for view in feed.views}}
            for feed in site.feeds.values()
        ],
    }


def _server(site: Site, prefix: str) -> dict[str, Any]:
    """Give where addresses start; without a public https address it is a sandbox, as the Italian checker calls it."""
    public = site.settings.public_url.rstrip("/")
    if public.startswith("https://"):
        return {"url": public + (prefix or "/"), "description": "Esercizio"}
    return {"url": prefix or "/", "description": "Prova, senza indirizzo pubblico", "x-sandbox": True}


def _operation(endpoint: Endpoint, feeds: Sequence[str]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "description": endpoint.description,
        "tags": ["feeds" if endpoint.access is Access.PARTNER else "operations"],
        "parameters": _parameters(endpoint, feeds),
        "responses": {**_answers(endpoint), **_problems(endpoint)},
        "security": _SECURITY[endpoint.access],
    }
    if endpoint.body is not Nothing:
        schema = {"$ref": _REF.format(model=endpoint.body.__name__)}
        media_types = endpoint.takes or ("application/json",)
        operation["requestBody"] = {"required": True, "content": {each: {"schema": schema} for each in media_types}}
    elif endpoint.takes:
        content = {each: {"schema": _FORM if each == FORM else _BINARY} for each in endpoint.takes}
        operation["requestBody"] = {"required": True, "content": content}
    if endpoint.idempotent:
        operation["parameters"].append(_IDEMPOTENCY_KEY)
    return operation


def _parameters(endpoint: Endpoint, feeds: Sequence[str]) -> list[dict[str, Any]]:
    schema = _formatted(endpoint.params.model_json_schema())
    required = schema.get("required", [])
    parameters = []
    for name, facts in schema.get("properties", {}).items():
        words = facts.pop("description", name)
        in_path = name in endpoint.path_names
        if name == "feed":
            facts["enum"] = feeds
        parameters.append(
            {
                "name": name,
                "in": "path" if in_path else "query",
                "required": in_path or name in required,
                "description": words,
                "schema": facts,
            }
        )
    return parameters


def _answers(endpoint: Endpoint) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for status, model in endpoint.answers.items():
        answer: dict[str, Any] = {"description": "OK" if model is None else (model.__doc__ or "OK").splitlines()[0]}
        if model is not None:
            answer["content"] = {each: _content(each, model) for each in endpoint.media_types}
        elif status == HTTPStatus.OK:
            answer["content"] = {each: _text(each) for each in endpoint.media_types}
        if endpoint.access is not Access.EVERYBODY:
            own = {name: {"description": words, "schema": _STRING} for name, words in endpoint.headers.items()}
            answer["headers"] = {**_RATES, **_UNCACHED, **own}
        answers[str(status)] = answer
    return answers


def _content(media_type: str, model: type[BaseModel]) -> dict[str, Any]:
    """Give what an answer holds in a format; a schema says it for JSON, words for the others."""
    if media_type.startswith("application/") and media_type.endswith(("/json", "+json")):
        return {"schema": {"$ref": _REF.format(model=model.__name__)}}
    return _text(media_type)


def _text(media_type: str) -> dict[str, Any]:
    kind = {} if media_type.endswith("json") else _STRING  # lines of JSON are no JSON text
    return {"schema": {**kind, **({"description": _WORDS[media_type]} if media_type in _WORDS else {})}}


def _problems(endpoint: Endpoint) -> dict[str, Any]:
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys(
        (*endpoint.problems, *(BODY_PROBLEMS if endpoint.body is not Nothing else ()), *_ALWAYS[endpoint.access])
    ):
        by_status.setdefault(KINDS[code].status, []).append(code)
    return {
        str(status): {
            "description": "; ".join(f"{KINDS[code].title[0]} ({code})" for code in codes),
            "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="ProblemBody")}}},
            "x-problems": codes,
            **_refusal_headers(endpoint, status),
        }
        for status, codes in sorted(by_status.items())
    }


def _refusal_headers(endpoint: Endpoint, status: int) -> dict[str, Any]:
    counted = endpoint.access is not Access.EVERYBODY and status < HTTPStatus.INTERNAL_SERVER_ERROR
    counted = counted or status == HTTPStatus.TOO_MANY_REQUESTS
    rates = _RATES if counted and status != HTTPStatus.UNAUTHORIZED else {}  # a stranger has no allowance yet
    retry = _RETRY if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE} else {}
    return {"headers": {**rates, **retry}} if rates or retry else {}


def _models(endpoints: Iterable[Endpoint]) -> list[type[BaseModel]]:
    found = [model for each in endpoints for model in (each.body, *each.answers.values())]
    return [model for model in dict.fromkeys(found) if model is not None and model is not Nothing]


def _schemas(models: Sequence[type[BaseModel]]) -> dict[str, Any]:
    unique = dict.fromkeys(models)
    _, schema = models_json_schema([(model, "serialization") for model in unique], ref_template=_REF)
    return dict(_formatted(schema)["$defs"])


def _with_views(schemas: dict[str, Any], shapes: Sequence[type[BaseModel]]) -> dict[str, Any]:
    """Say that what an item holds is one of the views."""
    data = schemas["Item"]["properties"]["data"]
    views = [{"$ref": _REF.format(model=shape.__name__)} for shape in dict.fromkeys(shapes)]
    data["anyOf"] = [*views, {"type": "null"}]
    return schemas


def _formatted(schema: Any) -> Any:  # noqa: ANN401 - JSON
    """Give each number the format that the Italian API checker asks for."""
    if isinstance(schema, list):
        return [_formatted(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    out = {name: _formatted(each) for name, each in schema.items()}
    formats = {"integer": "int64", "number": "double"}
    if isinstance(out.get("type"), str) and out["type"] in formats:
        out.setdefault("format", formats[out["type"]])
    return out
