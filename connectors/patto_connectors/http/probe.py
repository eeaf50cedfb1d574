"""Check a connection stage by stage, so that whoever must act is known at once: DNS, TLS, auth, one record, schema."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError
from yarl import URL

from patto_connectors.errors import Trouble, Unreachable
from patto_connectors.http.client import tls_context
from patto_connectors.http.trouble import FAILURES, name_failure
from patto_connectors.json import parse_strict
from patto_connectors.ports import WORLD
from patto_schemas.issues import Owner
from patto_schemas.model.base import Entity

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping

    from patto_connectors.contract import Batch, Row, Source, Translate
    from patto_connectors.http.settings import HttpSettings

STAGES = ("dns", "tls", "auth", "record", "schema")

_OURS = frozenset({"http.address", "http.credentials", "oauth.refused", "tls.files", "tls.client_certificate", "dns"})
"""Troubles that the engineer who configured the partner looks at first; all others are the partner's."""
_AUTH = frozenset({"http.credentials", "http.forbidden", "oauth.refused", "oauth.answer"})


@dataclass(frozen=True, slots=True)
class Stage:
    """What one stage found."""

    name: str
    """One of `STAGES`."""
    good: bool
    detail: str
    """In one sentence, without personal data."""
    code: str = ""
    """The trouble's code in the message catalogue; empty when all is well."""
    hint: str = ""
    owner: Owner | None = None
    """Who must act; None when nobody must."""


async def probe(source: Source, translate: Translate | None, http: HttpSettings | None) -> AsyncIterator[Stage]:
    """Give the stages in order; the first bad one is the last.

    Args:
        source: of the job; its first page is read and thrown away.
        translate: of the job's connector; None leaves the last stage out.
        http: the partner's address; None for a source that does not speak HTTP: then only the last stages are given.
    """
    if http is not None:
        for check in (_dns, _tls):
            stage = await check(http)
            yield stage
            if not stage.good:
                return
    try:
        batch = await _first(source)
    except Trouble as trouble:
        if trouble.code not in _AUTH:
            yield Stage("auth", good=True, detail="the credentials are not what is wrong")
        yield _bad("auth" if trouble.code in _AUTH else "record", trouble)
        return
    yield Stage("auth", good=True, detail="the partner lets us in")
    if batch is None or not batch.rows:
        yield Stage("record", good=True, detail="the partner answers; it has no records now")
        return
    yield Stage("record", good=True, detail=f"{len(batch.rows)} records came, {len(batch.content)} bytes")
    if translate is not None:
        yield _schema(batch.rows[0], translate)


async def _first(source: Source) -> Batch | None:
    pages = source.read(None)
    try:
        return await anext(pages, None)
    finally:
        if (close := getattr(pages, "aclose", None)) is not None:
            await close()


async def _dns(http: HttpSettings) -> Stage:
    url = URL(http.base_url)
    if WORLD.get().dial is not None:
        return Stage("dns", good=True, detail="a simulated connection needs no name")
    try:
        found = await asyncio.get_running_loop().getaddrinfo(url.host, url.port)
    except OSError:
        trouble = Unreachable("dns", f"the name {url.host} cannot be resolved", hint="check base_url with the partner")
        return _bad("dns", trouble)
    return Stage("dns", good=True, detail=f"{url.host} has {len({entry[4][0] for entry in found})} address(es)")


async def _tls(http: HttpSettings) -> Stage:
    url = URL(http.base_url)
    if WORLD.get().dial is not None:
        return Stage("tls", good=True, detail="a simulated connection needs no certificate")
    try:
        context = tls_context(http.tls, http.base_url)
        tls = None if isinstance(context, bool) else context
        async with asyncio.timeout(http.timeouts.connect):
            _, writer = await asyncio.open_connection(url.host, url.port, ssl=tls)
        writer.close()
        await writer.wait_closed()
    except Trouble as trouble:
        return _bad("tls", trouble)
    except ConnectionError:
        hint = "the partner's system is down, or a firewall stands between"
        return _bad("tls", Unreachable("tcp", f"{url.host}:{url.port} takes no connections", hint=hint))
    except FAILURES as error:
        return _bad("tls", name_failure(error, url.host or ""))
    return Stage("tls", good=True, detail="the certificate is trusted" if tls else "the connection is not encrypted")


def _schema(row: Row, translate: Translate) -> Stage:
    try:
        if isinstance(translate, type):
            model = cast("type[Entity]", translate)
            model.model_validate_json(row) if isinstance(row, bytes) else model.model_validate(row)
        else:
            _translate(row, translate)
    except ValidationError as error:
        fields = sorted({".".join(map(str, fault["loc"])) for fault in error.errors(include_input=False)})
        detail = f"the first record does not fit: {', '.join(fields)}"
        return Stage("schema", good=False, detail=detail, code="schema", owner=Owner.PARTNER)
    except (ValueError, KeyError, TypeError) as error:
        detail = f"the first record cannot be translated ({type(error).__name__})"
        return Stage("schema", good=False, detail=detail, code="schema", owner=Owner.ENGINEER)
    return Stage("schema", good=True, detail="the first record fits")


def _translate(row: Row, translate: Callable[[Mapping[str, Any]], Entity | Iterable[Entity]]) -> None:
    found = translate(parse_strict(row) if isinstance(row, bytes) else row)
    if not isinstance(found, Entity):
        list(found)


def _bad(name: str, trouble: Trouble) -> Stage:
    owner = Owner.ENGINEER if trouble.code in _OURS else Owner.PARTNER
    return Stage(name, good=False, detail=trouble.detail, code=trouble.code, hint=trouble.hint, owner=owner)
