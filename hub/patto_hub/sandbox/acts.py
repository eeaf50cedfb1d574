"""What a partner does in the sandbox, by a route or by a button."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patto_hub.ledger import keys
from patto_hub.sandbox.faults import MENU
from patto_hub.sandbox.receivers import ANY, SIGNED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patto_hub.sandbox.faults import About, Fault
    from patto_hub.sandbox.place import Sandbox
    from patto_hub.sandbox.steps import Step
    from patto_hub.web.site import Site


def menu(site: Site, partner: str) -> Mapping[Fault, About]:
    """Give the faults that can happen to a partner: those of messages need a test receiver of its own."""
    told = {lane.way for lane in site.ways if lane.partner == partner}
    missing = () if "webhook" in told else SIGNED if "signals" in told else (*ANY, *SIGNED)
    return {name: about for name, about in MENU.items() if name not in missing}


async def order(  # noqa: PLR0913 - what, for whom, how often
    site: Site,
    sandbox: Sandbox,
    partner: str,
    key: int | None,
    fault: Fault,
    *,
    times: int = 1,
    seconds: int | None = None,
) -> None:
    """Order a fault; that a key ends soon happens at once, to the key that asks for it."""
    if fault != "key_ending":
        sandbox.faults.order(partner, fault, times=times, seconds=seconds)
    elif key is not None:
        wait = MENU[fault].seconds if seconds is None else seconds
        await site.ledger.write(keys.end, key, site.world.milliseconds() + wait * 1000)
        site.doorkeeper.forget()


async def make_happen(sandbox: Sandbox, partner: str, step: Step, days: int) -> Mapping[str, int]:
    """Let something happen; gives how many changes that is for the partner, by feed.

    Raises:
        NotPossible: it cannot happen to this partner.
    """
    return await sandbox.steps.take(partner, step, days)
