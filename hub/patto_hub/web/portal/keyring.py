"""The portal's page of keys: what each opens, until when, its successor, its end; and all else that ends."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from aiohttp import web

from patto_hub.feeds.spec import PUSH
from patto_hub.ledger import keys, portal
from patto_hub.web.endings import endings, sources_of, view
from patto_hub.web.portal import standing
from patto_hub.web.portal.overview import feed_title
from patto_hub.web.portal.signin import to_signin
from patto_hub.web.portal.visits import HOME, set_session
from patto_hub.web.visits import Turned, check_ticket

if TYPE_CHECKING:
    from patto_hub.ledger.keys import Key
    from patto_hub.web.portal.visits import PartnerVisit

PATH: Final = HOME + "/keys"
_NOTICES: Final = ("portal.key.notice_revoked", "portal.key.notice_repeated")


async def show_keys(visit: PartnerVisit) -> web.StreamResponse:
    """Show the partner's keys: never more of a key than its beginning."""
    return await _page(visit)


async def rotate(visit: PartnerVisit) -> web.StreamResponse:
    """Make the next key and show it, this once; the one before goes on working for a while."""
    ticket = check_ticket(visit)
    try:
        made = await visit.site.ledger.write(portal.rotate_key, visit.site.world, visit.caller, form=ticket)
    except keys.TooManyKeys:
        return await _page(visit, error=visit.words("portal.key.too_many"))
    if made is None:
        raise _back("portal.key.notice_repeated")
    return await _page(visit, made=made[1])


async def revoke(visit: PartnerVisit) -> web.StreamResponse:
    """End one of the partner's keys at once; ending one's own ends the session too."""
    prefix, ticket = visit.request.match_info["prefix"], check_ticket(visit)
    if visit.form.get("sure") != "yes":
        return await _page(visit, error=visit.words("portal.key.unsure"), unsure=prefix)
    try:
        await visit.site.ledger.write(portal.revoke_key, visit.caller, prefix, form=ticket, now=visit.words.now)
    except LookupError:
        raise Turned("portal.error.no_key", HTTPStatus.NOT_FOUND) from None
    visit.site.doorkeeper.forget()
    if prefix == visit.caller.prefix:
        answer = to_signin("portal.signin.key_ended")
        set_session(visit.site, answer, "")
        raise answer
    raise _back("portal.key.notice_revoked")


async def _page(visit: PartnerVisit, *, error: str = "", made: str = "", unsure: str = "") -> web.Response:
    held = await visit.site.ledger.read(keys.of_partner, visit.partner)
    ends = await endings(visit.site.ledger, sources_of(visit.site), visit.words.now, visit.partner)
    notice = visit.request.query.get("notice", "")
    live = sum(key.live(visit.words.now) for key in held)
    return visit.page(
        "keys.html",
        home=PATH,
        mark=await visit.site.ledger.read(keys.mark),
        status=HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK,
        notice=visit.words(notice) if notice in _NOTICES else "",
        error=error,
        made=made,
        unsure=unsure,
        rows=[_row(visit, key) for key in reversed(held)],
        endings=[view(each, visit.words, own=True) for each in ends],
        full=live >= keys.LIVE,
        overlap=visit.words.span(keys.OVERLAP_MS / 1000),
    )


def _row(visit: PartnerVisit, key: Key) -> dict[str, object]:
    look, end = standing.key_end(key, visit.words)
    live = key.live(visit.words.now)
    return {
        "key": key,
        "opens": [opens(visit, scope) for scope in sorted(key.scopes)],
        "look": look,
        "end": end,
        "live": live,
        "own": key.id == visit.caller.id,
        "may_end": live and key.scopes <= visit.caller.scopes,
    }


def opens(visit: PartnerVisit, scope: str) -> str:
    """Say what a scope of a key opens."""
    return visit.words(f"portal.scope.{scope}") if scope in (PUSH, "metrics") else feed_title(visit, scope)


def _back(notice: str) -> web.HTTPSeeOther:
    return web.HTTPSeeOther(f"{PATH}?{urlencode({'notice': notice})}")
