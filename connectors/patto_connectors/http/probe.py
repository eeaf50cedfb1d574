"""Check a connection stage by stage, so that whoever must act is known at once: DNS, TLS, auth, one record, schema."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError
from yarl import URL

from patto_connectors.errors import Trouble, Unreachable
from patto_connectors.http.client import Call, open_client, tls_context
from patto_connectors.http.settings import HttpSettings, NoAuth, Pdnd
from patto_connectors.http.trouble import FAILURES, name_failure
from patto_connectors.json import parse_strict
from patto_connectors.modi.selfcheck import clock_apart, likely_causes, shown
from patto_connectors.ports import WORLD
from patto_schemas.catalogue import CATALOGUE
from patto_schemas.issues import Owner
from patto_schemas.model.base import Entity

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence

    from patto_connectors.contract import Batch, Row, Source, Translate
    from patto_connectors.http.settings import Auth

STAGES = ("dns", "tls", "auth", "record", "schema")

_AUTH = frozenset({"http.credentials", "http.forbidden", "oauth.refused", "oauth.answer"})
_ANY = frozenset(range(200, 600))
_SIGNED = ("pdnd.", "modi.")
"""What begins the codes of vouchers and signatures, which are all about who we are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What one stage found, in one sentence per language, without personal data."""

    name: str
    """One of `STAGES`, or of those that a source has of its own."""
    good: bool = True
    it: str
    en: str
    code: str = ""
    """The trouble's code in the message catalogue; empty when all is well."""
    fix_it: str = ""
    fix_en: str = ""
    owner: Owner | None = None
    """Who must act; None when nobody must."""
    later: bool = False
    """Whether it may pass by itself: the partner does not answer now."""
    seen: Sequence[tuple[str, str]] = ()
    """What was tried, to be compared with what was agreed: settings, or names in two languages, and their values."""


async def probe(source: Source, translate: Translate | None = None) -> AsyncIterator[Stage]:
    """Give the stages in order; the first bad one is the last.

    Args:
        source: of the job; its first page is read and thrown away. `dns`, `tls` and `auth` are left out for
            one without `settings.http` or `http`, which does not speak HTTP. One that has a `probe` gives its own.
        translate: of the job's connector; None leaves the last stage out.
    """
    http = getattr(getattr(source, "settings", source), "http", None)
    async for stage in _way(source, http):
        yield stage
        if not stage.good:
            return
    try:
        batch = await _first(source)
    except Trouble as trouble:
        ours = trouble.code in _AUTH or trouble.code.startswith(_SIGNED)
        if isinstance(http, HttpSettings) and not ours:
            yield Stage(
                name="auth", it="le credenziali non sono il problema", en="the credentials are not what is wrong"
            )
        stage = bad_stage("auth" if ours else "record", trouble)
        yield _asked_with(stage, http.auth) if isinstance(http, HttpSettings) else stage
        return
    if isinstance(http, HttpSettings):
        yield Stage(name="auth", it="il partner ci fa entrare", en="the partner lets us in")
    if batch is None or not batch.rows:
        yield Stage(
            name="record",
            it="il partner risponde; ora non ha schede",
            en="the partner answers; it has no records now",
        )
        if translate is not None:
            yield Stage(name="schema", it="nessuna scheda da provare", en="there is no record to try")
        return
    count, size = len(batch.rows), len(batch.content)
    yield Stage(
        name="record", it=f"schede arrivate: {count}, {size} byte", en=f"records that came: {count}, {size} bytes"
    )
    if translate is not None:
        yield _schema(batch.rows[0], translate)


async def _way(source: Source, http: object) -> AsyncIterator[Stage]:
    """Give the stages before the first page: a source's own, or those of HTTP."""
    if (own := getattr(source, "probe", None)) is not None:
        async for stage in own():
            yield stage
    elif isinstance(http, HttpSettings):
        for check in (_dns, _tls):
            yield await check(http)
        if isinstance(http.auth, Pdnd) and (cause := await _voucher(http, http.auth)) is not None:
            yield _asked_with(bad_stage("auth", cause), http.auth)


def _asked_with(stage: Stage, auth: Auth) -> Stage:
    """Show beside a trouble with PDND what it is asked with."""
    return replace(stage, seen=shown(auth)) if isinstance(auth, Pdnd) and stage.code.startswith("pdnd.") else stage


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
        return Stage(name="dns", it="connessione simulata", en="a simulated connection needs no name")
    try:
        found = await asyncio.get_running_loop().getaddrinfo(url.host, url.port)
    except OSError:
        return bad_stage("dns", Unreachable("dns", f"the name {url.host} cannot be resolved"))
    count = len({entry[4][0] for entry in found})
    return Stage(name="dns", it=f"{url.host}: {count} indirizzi", en=f"{url.host} has {count} address(es)")


async def _tls(http: HttpSettings) -> Stage:
    url = URL(http.base_url)
    if WORLD.get().dial is not None:
        return Stage(name="tls", it="connessione simulata", en="a simulated connection needs no certificate")
    try:
        context = tls_context(http.tls, http.base_url)
        tls = None if isinstance(context, bool) else context
        async with asyncio.timeout(http.timeouts.connect):
            _, writer = await asyncio.open_connection(url.host, url.port, ssl=tls)
        writer.close()
        await writer.wait_closed()
    except Trouble as trouble:
        return bad_stage("tls", trouble)
    except ConnectionError:
        return bad_stage("tls", Unreachable("tcp", f"{url.host}:{url.port} takes no connections"))
    except FAILURES as error:
        return bad_stage("tls", name_failure(error, url.host or ""))
    if tls is None:
        return Stage(name="tls", it="la connessione non è cifrata", en="the connection is not encrypted")
    return Stage(name="tls", it="il certificato è riconosciuto", en="the certificate is trusted")


async def _voucher(http: HttpSettings, auth: Pdnd) -> Trouble | None:
    """Look for what PDND would refuse before it is asked: in the settings, then in the clock that it answers with."""
    causes = likely_causes(auth, WORLD.get().now())
    if causes:
        return causes[0]
    there = http.model_copy(update={"base_url": auth.token_url, "auth": NoAuth()})
    try:
        async with open_client(there) as client, client.open(Call(method="HEAD", statuses=_ANY)) as reply:
            return clock_apart(reply.headers, URL(auth.token_url).host or "", WORLD.get().now())
    except Trouble:
        return None  # asking for the voucher will say the same, as the trouble that it is


def _schema(row: Row, translate: Translate) -> Stage:
    try:
        if isinstance(translate, type):
            model = cast("type[Entity]", translate)
            model.model_validate_json(row) if isinstance(row, bytes) else model.model_validate(row)
        else:
            _translate(row, translate)
    except ValidationError as error:
        fields = ", ".join(sorted({".".join(map(str, fault["loc"])) for fault in error.errors(include_input=False)}))
        return _unfit(f"la prima scheda non va: {fields}", f"the first record does not fit: {fields}", Owner.PARTNER)
    except (ValueError, KeyError, TypeError) as error:
        kind = type(error).__name__
        it, en = f"la prima scheda non si traduce ({kind})", f"the first record cannot be translated ({kind})"
        return _unfit(it, en, Owner.ENGINEER)
    return Stage(name="schema", it="la prima scheda va bene", en="the first record fits")


def _translate(row: Row, translate: Callable[[Mapping[str, Any]], Entity | Iterable[Entity]]) -> None:
    found = translate(parse_strict(row) if isinstance(row, bytes) else row)
    if not isinstance(found, Entity):
        list(found)


def _unfit(it: str, en: str, owner: Owner) -> Stage:
    return Stage(name="schema", good=False, it=it, en=en, code="row.wrong", owner=owner)


def bad_stage(name: str, trouble: Trouble) -> Stage:
    """Say which trouble ended a stage, what to do, and who can."""
    entry = CATALOGUE.get(trouble.code)
    return Stage(
        name=name,
        good=False,
        it=entry.it if entry else trouble.detail,
        en=trouble.detail,
        code=trouble.code,
        fix_it=entry.fix_it if entry else "",
        fix_en=trouble.hint or (entry.fix_en if entry else ""),
        owner=entry.owner if entry else Owner.ENGINEER,
        later=isinstance(trouble, Unreachable),
    )
