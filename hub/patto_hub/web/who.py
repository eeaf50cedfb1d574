"""What a partner has come in by, and how long that holds: to try new credentials with, and to be reminded."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, cast

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from patto_hub.endings import PartnerKind
from patto_hub.ledger.keys import DAY_MS, REMINDERS
from patto_hub.web.callers import Way
from patto_hub.web.endings import endings, sources_of
from patto_hub.web.endpoints import Access, Call, Nothing, endpoint
from patto_hub.web.sentences_endings import ENDINGS

if TYPE_CHECKING:
    from patto_hub.web.callers import Caller
    from patto_hub.web.site import Site


class PublicKeyBody(BaseModel):
    """One of the partner's public keys that the hub knows."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    kid: str = Field(examples=["2026-1"])
    """Its name, as tokens must name it."""
    thumbprint: str = Field(examples=["NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"])
    """RFC 7638 thumbprint, or that of its certificate."""


class EndingBody(BaseModel):
    """One thing of the partner's that ends."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    ends_at: datetime = Field(examples=["2026-12-31T23:00:00Z"])
    """When it ends."""
    days_left: int = Field(ge=0, examples=[29], json_schema_extra={"format": "int32"})
    """Whole days until then; 0 once it has ended."""
    kind: PartnerKind = Field(examples=["key"])
    """What it is: `key`, `tls_certificate`, `signing_certificate`, `webhook_secret`, `subscription`."""
    name: str = Field(examples=["5de893c60418"])
    """A key's prefix, a certificate, a feed."""
    what_to_do: str
    """What to do before that, in Italian."""
    what_to_do_en: str
    """What to do before that, in English."""


class AccessBody(BaseModel):
    """Who has asked, what that opens, and until when."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    partner: str = Field(examples=["ambito_lecce"])
    """The partner's name in this hub; `client_id`, and `iss` and `sub` of its assertions."""
    way: Way = Field(examples=["key"])
    """What was shown."""
    scopes: list[str] = Field(examples=[["pacts"]])
    """The feeds and rights that it opens now."""
    expires_at: datetime | None = Field(default=None, examples=["2026-12-31T22:59:59Z"])
    """When what was shown ends; null: by itself never."""
    ends_soon: bool
    """Whether a key ends within thirty days: ask the region for the next one."""
    public_keys: list[PublicKeyBody]
    """The public keys that the hub knows of the partner."""
    certificates: list[str] = Field(examples=[["dns:api.lecce.example"]])
    """The TLS certificates one of which must be shown; none where there need be none."""
    endings: list[EndingBody]
    """All of the partner's that ends by itself, the first to end first."""


@endpoint("GET", "/access", access=Access.PARTNER, answers={200: AccessBody})
async def access(call: Call[Nothing, Nothing]) -> web.StreamResponse:
    """Say who has asked, by what, what that opens and until when."""
    caller = call.caller
    if caller is None:
        raise TypeError("the route lets partners in only")
    credentials = call.site.admission.partners.get(caller.partner)
    end, now = caller.expires_at, call.site.world.milliseconds()
    body = AccessBody(
        partner=caller.partner,
        way=caller.way,
        scopes=[each for each in sorted(caller.scopes) if _opens(call.site, caller, each)],
        expires_at=None if end is None else datetime.fromtimestamp(end // 1000, UTC),
        ends_soon=caller.way == "key" and end is not None and end - now <= REMINDERS[0] * DAY_MS,
        public_keys=[PublicKeyBody(kid=each.kid, thumbprint=each.thumbprint) for each in credentials.keys]
        if credentials
        else [],
        certificates=sorted(credentials.certificates) if credentials else [],
        endings=await _endings(call.site, caller.partner, now),
    )
    return web.json_response(body.model_dump(mode="json"))


ENDPOINTS: Final = (access,)


async def _endings(site: Site, partner: str, now: int) -> list[EndingBody]:
    found = await endings(site.ledger, sources_of(site), now, partner)
    return [
        EndingBody(
            ends_at=datetime.fromtimestamp(each.at // 1000, UTC),
            days_left=each.days_left(now),
            kind=cast("PartnerKind", each.kind),
            name=each.name,
            what_to_do=ENDINGS[f"ending.{each.kind}.own"][0],
            what_to_do_en=ENDINGS[f"ending.{each.kind}.own"][1],
        )
        for each in found
    ]


def _opens(site: Site, caller: Caller, scope: str) -> bool:
    """Whether a scope opens something now: settings and subscriptions may take back what was once given."""
    if site.refuse_feed(caller.partner, scope) is not None:
        return False
    subscription = site.subscriptions.get((caller.partner, scope))
    return scope not in site.feeds if subscription is None else not subscription.ended(site.world.now())
