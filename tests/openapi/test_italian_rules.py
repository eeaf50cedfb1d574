"""The API's description against the rules of the Italian public administration, in `rules.yaml`."""

from __future__ import annotations

import json
import re
from copy import deepcopy

from openapi_spec_validator import validate

from patto_hub.feeds.views import FEEDS
from patto_hub.web.app import ENDPOINTS
from patto_hub.web.site import BASE

CHANGES = "/feeds/{feed}/changes"


def test_the_description_breaks_no_rule(described, spectral):
    found = spectral({"ours": described})

    assert found == {"ours": set()}


def test_the_description_of_a_sandbox_breaks_no_rule_and_is_valid(sandbox_described, spectral):
    found = spectral({"sandbox": sandbox_described})
    validate(sandbox_described)

    assert found == {"sandbox": set()}
    assert "/sandbox/faults" in sandbox_described["paths"]


def test_the_description_is_valid_openapi_3_1(described):
    validate(described)

    assert described["openapi"].startswith("3.1")


def test_the_description_names_each_route_and_view(described):
    assert {each.path for group in ENDPOINTS.values() for each in group} == set(described["paths"])
    assert {view.shape.__name__ for feed in FEEDS for view in feed.views} <= set(described["components"]["schemas"])


def test_what_is_not_below_the_base_says_where_it_is(described):
    outside = [described["paths"][each.path]["servers"] for each in ENDPOINTS[""]]

    assert all(servers[0]["url"].startswith("https://patto.regione.example/") for servers in outside)
    assert described["servers"][0]["url"] == f"https://patto.regione.example{BASE}"


def _without(*path):
    def spoil(document):
        *way, last = path
        for step in way:
            document = document[step]
        del document[last]

    return spoil


def _with(value, *path):
    def spoil(document):
        *way, last = path
        for step in way:
            document = document[step]
        document[last] = value

    return spoil


def _renamed(new, *path):
    def spoil(document):
        *way, last = path
        for step in way:
            document = document[step]
        document[new] = document.pop(last)

    return spoil


def _parameter(**facts):
    def spoil(document):
        parameter = {"in": "query", "description": "x", "schema": {"type": "string"}, **facts}
        document["paths"][CHANGES]["get"]["parameters"].append(parameter)

    return spoil


ANSWER = ("paths", CHANGES, "get", "responses", "200")
TOO_MANY = ("paths", CHANGES, "get", "responses", "429")
SPOILT = {
    "info-names-a-contact": _with({"name": "Ufficio"}, "info", "contact"),
    "info-says-what-it-is-in-a-line": _without("info", "x-summary"),
    "info-has-terms-and-an-identity": _without("info", "termsOfService"),
    "version-is-semantic": _with("v1", "info", "version"),
    "servers-say-what-they-are": _without("servers", 0, "description"),
    "servers-speak-https": _with("http://patto.example/rest", "servers", 0, "url"),
    "status-exists": _renamed("/state", "paths", "/status"),
    "status-answers-a-problem": _with(
        {"application/json": {"schema": {"type": "object"}}}, "paths", "/status", "get", "responses", "200", "content"
    ),
    "paths-are-kebab-case": _renamed("/feeds/{feed}/recentChanges", "paths", CHANGES),
    "paths-name-things": _renamed("/feeds/{feed}/list", "paths", CHANGES),
    "fields-are-snake-case": _renamed("nextCursor", "components", "schemas", "Changes", "properties", "next_cursor"),
    "parameters-are-snake-case": _parameter(name="pageSize"),
    "headers-are-train-case": _parameter(**{"name": "idempotency_key", "in": "header"}),
    "answered-headers-are-train-case": _with({"schema": {"type": "string"}}, *ANSWER, "headers", "next_cursor"),
    "headers-of-ours-have-no-x": _with({"schema": {"type": "string"}}, *ANSWER, "headers", "X-Next-Cursor"),
    "headers-leave-the-protocol-its-own": _parameter(**{"name": "Authorization", "in": "header"}),
    "schemas-are-pascal-case": _renamed("pact_view", "components", "schemas", "FieldError"),
    "people-are-named-as-the-vocabularies-do": _with(
        {"type": "string"}, "components", "schemas", "Item", "properties", "cognome"
    ),
    "operations-are-called-by-things": _with("getChanges", "paths", CHANGES, "get", "operationId"),
    "addresses-carry-no-secret": _parameter(name="api_key"),
    "keys-travel-in-headers": _with(
        {"type": "apiKey", "in": "query", "name": "k"}, "components", "securitySchemes", "other"
    ),
    "flows-are-safe": _with(
        {"type": "oauth2", "flows": {"password": {"tokenUrl": "https://a.example/t", "scopes": {}}}},
        "components",
        "securitySchemes",
        "other",
    ),
    "refusals-are-problems": _with(
        {"application/json": {"schema": {"type": "object"}}}, "paths", CHANGES, "get", "responses", "403", "content"
    ),
    "refusals-have-a-body": _without("paths", CHANGES, "get", "responses", "403", "content"),
    "numbers-have-a-format": _without("components", "schemas", "Item", "properties", "version", "format"),
    "answers-are-objects": _with(
        {"type": "array", "items": {"type": "string"}}, *ANSWER, "content", "application/json", "schema"
    ),
    "limits-are-told-whole": _without(*ANSWER, "headers", "X-RateLimit-Reset"),
    "limits-are-told-to-partners": _without(*ANSWER, "headers"),
    "too-many-says-when": _without(*TOO_MANY, "headers", "Retry-After"),
    "not-now-says-when": _with(
        {"description": "x", "content": {"application/problem+json": {}}}, *TOO_MANY[:-1], "503"
    ),
    "answers-say-what-caches-may-do": _without(*ANSWER, "headers", "Cache-Control"),
    "reading-has-no-body": _with(
        {"content": {"application/json": {"schema": {"type": "object"}}}}, "paths", CHANGES, "get", "requestBody"
    ),
    "nothing-is-nothing": _with({"description": "x", "content": {"application/json": {}}}, *TOO_MANY[:-1], "204"),
}


def _of(document, paths):
    """Give a description of these paths alone, with the schemas that they refer to."""
    schemas, kept = document["components"]["schemas"], {}

    def keep(part):
        for name in set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(part))) - set(kept):
            kept[name] = schemas[name]
            keep(schemas[name])

    chosen = {path: document["paths"][path] for path in paths}
    keep(chosen)
    return {**document, "paths": chosen, "components": {**document["components"], "schemas": kept}}


def test_a_description_that_breaks_a_rule_is_told(described, spectral):
    small = _of(described, ("/status", CHANGES))
    documents = {"good": small, **{rule: deepcopy(small) for rule in SPOILT}}
    for rule, spoil in SPOILT.items():
        spoil(documents[rule])

    found = spectral(documents)

    assert found["good"] == set()
    assert [rule for rule in SPOILT if rule not in {code for code, _ in found[rule]}] == []


def test_every_rule_of_ours_is_shown_to_bite(root):
    lines = (root / "tests/openapi/rules.yaml").read_text().splitlines()
    ours = {
        line.strip().rstrip(":") for line in lines if line.startswith("  ") and line.endswith(":") and line[2] != " "
    }

    assert ours == set(SPOILT)
