"""The sandbox's own routes: how it stands, what can be ordered, and the way back to its first day."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from patto_hub.sandbox.acts import make_happen, menu, order
from patto_hub.sandbox.faults import DAY_S, MOST, Fault
from patto_hub.sandbox.inventing import NotPossible
from patto_hub.sandbox.place import SANDBOX
from patto_hub.sandbox.steps import Step
from patto_hub.web.endpoints import Access, Call, Nothing, endpoint
from patto_hub.web.problems import Problem
from patto_hub.web.receipts import caller_of

if TYPE_CHECKING:
    from patto_hub.sandbox.place import Sandbox
    from patto_hub.web.site import Site

BACK_S: Final = 5
"""Seconds after which the first day is back."""


class Body(BaseModel):
    """What these routes take and give."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class FaultOrder(Body):
    """A fault that is to happen to the caller."""

    fault: Fault = Field(examples=["unavailable"])
    """Which one; `menu` says what each does."""
    times: int = Field(default=1, ge=1, le=MOST, examples=[1])
    """How often."""
    seconds: int | None = Field(default=None, ge=1, le=DAY_S, examples=[2])
    """For those that make somebody wait: how long; without it, as the menu says."""


class StepOrder(Body):
    """What is to happen in the invented world."""

    step: Step = Field(examples=["new_pact"])
    """A new pact that concerns the caller; a correction, a withdrawal or an erasure of the last one; days that pass."""
    days: int = Field(default=30, ge=1, le=90, examples=[30])
    """How many days pass, with `days`."""


class Ordered(Body):
    """A fault that waits for its occasion."""

    fault: Fault
    left: int
    """How often it will happen."""
    seconds: int


class Judged(Body):
    """What the caller's receiver did with a message that it had to tell apart."""

    fault: Fault
    right: bool
    """Whether it did as it should."""


class Choice(Body):
    """A fault that can be ordered."""

    fault: Fault
    what: str
    """What happens, in Italian."""
    what_en: str
    """What happens, in English."""


class SandboxBody(Body):
    """How the sandbox stands for the caller."""

    partner: str = Field(examples=["ambito_lecce"])
    """The caller."""
    stands_for: str | None = Field(examples=["Ambito territoriale di Lecce"])
    """Whom of the invented world it stands for: it is told what concerns that one."""
    stands_for_name: str | None = Field(examples=["ambito:LE/1"])
    """How records call that one."""
    today: date
    """The invented day."""
    faults: list[Ordered]
    receiver: list[Judged]
    menu: list[Choice]
    """What can be ordered; faults of messages only by whoever has a test receiver."""


class HappenedBody(Body):
    """What has happened."""

    step: Step
    changes: dict[str, int]
    """How many changes that is for the caller, by feed; days that pass bring theirs a little later."""
    note: str = ""
    """Why nothing happened, in Italian."""
    note_en: str = ""
    """Why nothing happened, in English."""


@endpoint("GET", "/sandbox", access=Access.PARTNER, answers={200: SandboxBody})
async def sandbox(call: Call[Nothing, Nothing]) -> web.StreamResponse:
    """Say how the sandbox stands: whom you stand for, which day it is, which faults wait."""
    return _answer(_standing(call.site, call.request.app[SANDBOX], caller_of(call).partner))


@endpoint(
    "POST",
    "/sandbox/faults",
    access=Access.PARTNER,
    body=FaultOrder,
    answers={200: SandboxBody},
    problems=("body-invalid", "too-large", "way-missing"),
)
async def order_fault(call: Call[Nothing, FaultOrder]) -> web.StreamResponse:
    """Order a fault: it happens to your own next requests or messages, and to nobody else's."""
    caller, body = caller_of(call), call.body
    here = call.request.app[SANDBOX]
    if body.fault not in menu(call.site, caller.partner):
        raise Problem(
            "way-missing",
            (
                "Questo guasto riguarda gli avvisi, e qui non avete un ricevitore di prova a cui arrivino.",
                "This fault is one of messages, and here you have no test receiver that they come to.",
            ),
        )
    await order(call.site, here, caller.partner, caller.number, body.fault, times=body.times, seconds=body.seconds)
    return _answer(_standing(call.site, here, caller.partner))


@endpoint("DELETE", "/sandbox/faults", access=Access.PARTNER, answers={200: SandboxBody})
async def clear_faults(call: Call[Nothing, Nothing]) -> web.StreamResponse:
    """Take back all that you have ordered and has not happened yet."""
    here, partner = call.request.app[SANDBOX], caller_of(call).partner
    here.faults.clear(partner)
    return _answer(_standing(call.site, here, partner))


@endpoint("POST", "/sandbox/steps", access=Access.PARTNER, body=StepOrder, answers={200: HappenedBody})
async def take_step(call: Call[Nothing, StepOrder]) -> web.StreamResponse:
    """Let something happen now that concerns you, and say how many changes it was."""
    here, partner, body = call.request.app[SANDBOX], caller_of(call).partner, call.body
    try:
        changes = await make_happen(here, partner, body.step, body.days)
    except NotPossible as why:
        return _answer(HappenedBody(step=body.step, changes={}, note=why.it, note_en=why.en))
    return _answer(HappenedBody(step=body.step, changes=dict(changes)))


@endpoint(
    "POST",
    "/sandbox/resets",
    access=Access.PARTNER,
    answers={202: None},
    headers={"Retry-After": "Seconds after which the first day is back."},
)
async def reset(call: Call[Nothing, Nothing]) -> web.StreamResponse:
    """Go back to the first day, for all partners of the sandbox; their first keys hold again.

    For a few seconds nothing answers. Cursors of what was lost are answered 410 from then on.
    """
    call.request.app[SANDBOX].reset.set()
    return web.Response(status=202, headers={"Retry-After": str(BACK_S)})


ENDPOINTS: Final = (sandbox, order_fault, clear_faults, take_step, reset)


def _standing(site: Site, here: Sandbox, partner: str) -> SandboxBody:
    mine = here.cast.stands_for.get(partner)
    return SandboxBody(
        partner=partner,
        stands_for=None if mine is None else mine.title,
        stands_for_name=None if mine is None else f"{mine.organisation.scheme}:{mine.organisation.value}",
        today=here.steps.inventor.calendar.now.date(),
        faults=[Ordered(fault=each.fault, left=each.left, seconds=each.seconds) for each in here.faults.of(partner)],
        receiver=[Judged(fault=each.fault, right=each.right) for each in here.faults.judged(partner)],
        menu=[Choice(fault=name, what=about.it, what_en=about.en) for name, about in menu(site, partner).items()],
    )


def _answer(body: BaseModel) -> web.Response:
    return web.json_response(body.model_dump(mode="json"))
