"""The portal's page of the sandbox: buttons for what can happen, for faults, and for the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast, get_args

from patto_hub.sandbox.acts import make_happen, menu, order
from patto_hub.sandbox.faults import MENU, Fault
from patto_hub.sandbox.inventing import NotPossible
from patto_hub.sandbox.place import SANDBOX
from patto_hub.sandbox.steps import Step
from patto_hub.sandbox.words import WORDS
from patto_hub.web.portal.pages import PortalPage
from patto_hub.web.portal.visits import HOME
from patto_hub.web.visits import Turned, check_ticket

if TYPE_CHECKING:
    from aiohttp import web

    from patto_hub.web.portal.visits import PartnerVisit

PATH: Final = HOME + "/sandbox"
DAYS: Final = 30


async def show(visit: PartnerVisit) -> web.StreamResponse:
    """Show what can be done."""
    return _page(visit)


async def press_step(visit: PartnerVisit) -> web.StreamResponse:
    """Let something happen, and say what it came to."""
    check_ticket(visit)
    step = _one_of(visit, "step", get_args(Step))
    try:
        changes = await make_happen(visit.request.app[SANDBOX], visit.partner, cast("Step", step), DAYS)
    except NotPossible as why:
        return _page(visit, notice=why.it if visit.language == "it" else why.en)
    told = ", ".join(f"{feed} {count}" for feed, count in changes.items() if count) or "0"
    return _page(visit, notice=_say(visit, "happened").format(told))


async def press_fault(visit: PartnerVisit) -> web.StreamResponse:
    """Order a fault once."""
    check_ticket(visit)
    fault = cast("Fault", _one_of(visit, "fault", tuple(menu(visit.site, visit.partner))))
    await order(visit.site, visit.request.app[SANDBOX], visit.partner, visit.caller.id, fault)
    return _page(visit, notice=_say(visit, "ordered"))


async def press_clear(visit: PartnerVisit) -> web.StreamResponse:
    """Take back what is ordered."""
    check_ticket(visit)
    visit.request.app[SANDBOX].faults.clear(visit.partner)
    return _page(visit, notice=_say(visit, "cleared"))


async def press_reset(visit: PartnerVisit) -> web.StreamResponse:
    """Go back to the first day."""
    check_ticket(visit)
    if visit.form.get("sure") != "yes":
        return _page(visit, notice=_say(visit, "unsure"))
    visit.request.app[SANDBOX].reset.set()
    return _page(visit, notice=_say(visit, "going_back"))


PAGES: Final = (
    PortalPage("GET", PATH, show),
    PortalPage("POST", PATH + "/steps", press_step),
    PortalPage("POST", PATH + "/faults", press_fault),
    PortalPage("POST", PATH + "/clear", press_clear),
    PortalPage("POST", PATH + "/reset", press_reset),
)


def _page(visit: PartnerVisit, notice: str = "") -> web.Response:
    here = visit.request.app[SANDBOX]
    mine = here.cast.stands_for.get(visit.partner)
    said = 0 if visit.language == "it" else 1
    return visit.page(
        "sandbox.html",
        home=PATH,
        path=PATH,
        notice=notice,
        say=lambda key: _say(visit, key),
        title="" if mine is None else mine.title,
        today=visit.words.day(here.steps.inventor.calendar.now.date()),
        steps=get_args(Step),
        faults=[(name, about[said]) for name, about in menu(visit.site, visit.partner).items()],
        waiting=[(MENU[each.fault][said], each.left) for each in here.faults.of(visit.partner)],
        judged=[(MENU[each.fault][said], each.right) for each in here.faults.judged(visit.partner)],
    )


def _say(visit: PartnerVisit, key: str) -> str:
    return WORDS[key][0 if visit.language == "it" else 1]


def _one_of(visit: PartnerVisit, name: str, known: tuple[str, ...]) -> str:
    value = visit.form.get(name, "")
    if value not in known:
        raise Turned("error.stale_form", 403)
    return value
