"""Typed routes: parameters and bodies are pydantic models, who may call is part of the route, refusals are problems."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from inspect import cleandoc
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError
from yarl import URL

from patto_hub.web.forms import FORM, read_form
from patto_hub.web.packed import read_whole
from patto_hub.web.problems import Problem, field_error

if TYPE_CHECKING:
    from multidict import MultiMapping

    from patto_hub.web.callers import Caller
    from patto_hub.web.site import Site

P = TypeVar("P", bound=BaseModel)
B = TypeVar("B", bound=BaseModel)


class Access(StrEnum):
    """Who may call a route; a route without one cannot be made."""

    EVERYBODY = "everybody"
    PARTNER = "partner"
    """Whoever holds a live key."""
    OPERATOR = "operator"
    """Whoever is on this machine, or holds a key with the scope `metrics`."""


class Nothing(BaseModel):
    """No parameters, no body: anything sent is refused by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)


NOTHING = Nothing()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[P, B]):
    """One request, as its handler sees it."""

    request: web.Request
    site: Site
    params: P
    """From the path and the query string."""
    body: B
    caller: Caller | None
    """The partner that was let in; None where the route needs none."""


Handler = Callable[[Call[Any, Any]], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A route of the API as a value: what it takes, who may call it, what it answers."""

    method: str
    path: str
    """With `{name}` for a field of `params`; kebab-case."""
    access: Access
    handler: Handler
    summary: str
    description: str
    """All that the handler's docstring says."""
    params: type[BaseModel] = Nothing
    body: type[BaseModel] = Nothing
    answers: Mapping[int, type[BaseModel] | None] = field(default_factory=dict)
    media_types: tuple[str, ...] = ("application/json",)
    problems: tuple[str, ...] = ()
    """Keys of the catalogue of problems that this route can give, besides those of its access."""
    takes: tuple[str, ...] = ()
    """Media types of a body that the handler reads by itself, as bytes."""
    idempotent: bool = False
    """Whether the route heeds the header Idempotency-Key."""
    repeats: bool = False
    """Whether the same request has the same answer as long as nobody has written (`web/repeats.py`); needs `feed`."""
    cached: str = "no-store"
    """How long others may keep a good answer: its `Cache-Control`."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """What the headers of its own mean that a good answer carries, by name."""

    @property
    def path_names(self) -> frozenset[str]:
        """The fields of `params` that stand in the path."""
        return frozenset(re.findall(r"{(\w+)}", self.path))

    @property
    def name(self) -> str:
        """The operation's name in the API's description."""
        return self.handler.__name__


def endpoint(  # noqa: PLR0913 - what a route is
    method: Literal["GET", "POST", "DELETE"],
    path: str,
    *,
    access: Access,
    params: type[BaseModel] = Nothing,
    body: type[BaseModel] = Nothing,
    answers: Mapping[int, type[BaseModel] | None],
    media_types: tuple[str, ...] = ("application/json",),
    problems: tuple[str, ...] = (),
    takes: tuple[str, ...] = (),
    idempotent: bool = False,
    repeats: bool = False,
    cached: str = "no-store",
    headers: Mapping[str, str] | None = None,
) -> Callable[[Handler], Endpoint]:
    """Make a route of a handler; the handler's docstring becomes its description."""

    def made(handler: Handler) -> Endpoint:
        words = cleandoc(handler.__doc__ or "")
        return Endpoint(
            method=method,
            path=path,
            access=access,
            handler=handler,
            summary=words.splitlines()[0],
            description=words,
            params=params,
            body=body,
            answers=answers,
            media_types=media_types,
            problems=problems,
            takes=takes,
            idempotent=idempotent,
            repeats=repeats,
            cached=cached,
            headers=headers or {},
        )

    return made


def params_reader(endpoint: Endpoint) -> Callable[[web.Request], BaseModel]:
    """Make the reader of a route's parameters; who polls sends the same ones again, which are read once."""
    if not endpoint.params.model_config.get("frozen"):
        return lambda request: read_params(endpoint, request.match_info, request.query)

    @lru_cache(maxsize=1_024)
    def known(path: tuple[tuple[str, str], ...], query: str) -> BaseModel:
        return read_params(endpoint, dict(path), URL.build(query_string=query, encoded=True).query)

    return lambda request: known(tuple(request.match_info.items()), request.rel_url.raw_query_string)


def read_params(endpoint: Endpoint, path: Mapping[str, str], query: MultiMapping[str]) -> BaseModel:
    """Give the path's and the query's values as the route's model.

    Raises:
        Problem: a value is wrong, missing, unknown or given twice.
    """
    sent: dict[str, object] = dict(path)
    for name in query:
        values = query.getall(name)
        sent[name] = values[0] if len(values) == 1 and name not in endpoint.path_names else values
    try:
        return endpoint.params.model_validate(sent)
    except ValidationError as error:
        raise _refusal("params-invalid", error, endpoint, "query", endpoint.params) from None


async def read_body(endpoint: Endpoint, request: web.Request) -> BaseModel:
    """Give the body as the route's model; a route that takes none reads none.

    Raises:
        Problem: it does not come whole, is no JSON (or no form, where the route takes one), or not what the model says.
    """
    if endpoint.body is Nothing:
        return NOTHING
    if FORM in endpoint.takes:
        return await read_form(request, endpoint.body)
    try:
        return endpoint.body.model_validate_json(await read_whole(request))
    except ValidationError as error:
        raise _refusal("body-invalid", error, endpoint, "body", endpoint.body) from None


def _refusal(
    code: str,
    error: ValidationError,
    endpoint: Endpoint,
    place: Literal["query", "body"],
    model: type[BaseModel],
) -> Problem:
    examples = {name: str(facts.examples[0]) for name, facts in model.model_fields.items() if facts.examples}
    errors = [
        field_error(
            each,
            "path" if place == "query" and each["loc"][:1] and each["loc"][0] in endpoint.path_names else place,
            examples,
        )
        for each in error.errors(include_url=False, include_input=False)
    ]
    count = len(errors)
    return Problem(
        code,
        (f"Campi da correggere: {count}.", f"Fields to correct: {count}."),
        errors=errors,
    )
