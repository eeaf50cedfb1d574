"""The partners' API: how a partner is told of changes by itself."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from patto_hub.feeds import pages
from patto_hub.lanes.schedule import PROBES_S, published
from patto_hub.ledger import lanes as kept
from patto_hub.web.api import FeedParams
from patto_hub.web.endpoints import Access, Call, Nothing, endpoint
from patto_hub.web.granted import PROBLEMS as GRANT_PROBLEMS
from patto_hub.web.granted import granted
from patto_hub.web.receipts import caller_of, moment

if TYPE_CHECKING:
    from patto_hub.feeds.subscriptions import Subscription
    from patto_hub.ledger.lanes import Lane
    from patto_hub.web.site import Site


class LaneState(BaseModel):
    """One way by which you are told of a feed's changes."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    way: str = Field(examples=["webhook"])
    """`webhook`, `signals`, or the name of a stream that the hub writes to you."""
    state: Literal["running", "waiting", "disabled", "removed"]
    """`waiting`: you were away for longer than the schedule lasts, and are asked now and then whether you are back;
    `disabled`: somebody has to start it again; `removed`: it is no longer configured, nothing goes by it any more."""
    since: datetime | None
    behind: bool
    """Whether changes wait that may be yours."""
    failures: Annotated[int, Field(ge=0)]
    """Failed attempts in a row."""
    trouble: str | None = Field(examples=["http.status"])
    """Code of the last failed attempt; null while all is well."""
    next_attempt_at: datetime | None
    """Not before this instant; null: as soon as there is something."""
    quiet_hours: list[str] = Field(examples=[["22:00-06:00"]])
    """When you are left alone, Italian time; what falls due meanwhile goes when they are over."""
    delivered_at: datetime | None
    """When you last took something."""


class ScheduledAttempt(BaseModel):
    """One attempt of the schedule, without what chance adds."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    attempt: Annotated[int, Field(ge=1)]
    wait_s: Annotated[int, Field(ge=0)]
    """Seconds after the attempt before it; up to a tenth is added by chance, and a longer Retry-After is heeded."""
    after_s: Annotated[int, Field(ge=0)]
    """Seconds after the first one."""


class LaneStates(BaseModel):
    """How you are told of a feed's changes, and when you are tried again if you do not answer."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    items: list[LaneState]
    schedule: list[ScheduledAttempt]
    probes_s: list[int]
    """Seconds between the messages that ask whether you are back, once the schedule is over; the last one repeats."""


@endpoint(
    "GET",
    "/feeds/{feed}/lanes",
    access=Access.PARTNER,
    params=FeedParams,
    answers={200: LaneStates},
    problems=("params-invalid", *GRANT_PROBLEMS),
)
async def lanes(call: Call[FeedParams, Nothing]) -> web.StreamResponse:
    """Say how you are told of a feed's changes: state, last delivery, what went wrong, when it is tried again."""
    caller, subscription = caller_of(call), granted(call, caller_of(call))
    found = await lanes_of(call.site, subscription)
    reader = pages.Reader(partner=caller.partner, organisation=caller.organisation)
    reads = pages.organisations(subscription.feed, reader)
    behind = {lane.way: await call.site.ledger.read(kept.waits, reads, lane.position) for lane in found}
    told = LaneStates(
        items=[_state(call.site, lane, behind=behind[lane.way]) for lane in found],
        schedule=[ScheduledAttempt(**row._asdict()) for row in published()],
        probes_s=[round(each) for each in PROBES_S],
    )
    return web.json_response(told.model_dump(mode="json"))


ENDPOINTS: Final = (lanes,)


async def lanes_of(site: Site, subscription: Subscription) -> list[Lane]:
    """List the ways of a subscription, those that are no longer configured too."""
    found = await site.ledger.read(kept.among, site.ways.keys(), subscription.partner)
    return [lane for lane in found if lane.feed == subscription.feed.name]


def _state(site: Site, lane: Lane, *, behind: bool) -> LaneState:
    terms = site.ways.get(lane.name)
    due = None if terms is None else terms.next_attempt(lane, site.world.milliseconds(), site.place)
    return LaneState(
        way=lane.way,
        state="removed" if terms is None else lane.state,
        since=moment(lane.since or None),
        behind=behind and terms is not None,
        failures=lane.failures,
        trouble=lane.trouble,
        next_attempt_at=moment(due),
        quiet_hours=[] if terms is None else [str(each) for each in terms.quiet.windows],
        delivered_at=moment(lane.delivered_at),
    )
