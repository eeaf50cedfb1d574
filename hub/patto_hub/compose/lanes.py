"""From the settings to lanes: which receivers are told, how each is reached, and what is wrong with one alone."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from pydantic import ValidationError

from patto_connectors.errors import Refused
from patto_connectors.http.client import open_client
from patto_connectors.http.settings import HttpSettings, Pdnd, Repeats, Tls
from patto_connectors.webhook import Target, open_sender, secret_key
from patto_hub.clock.quiet import Quiet, window
from patto_hub.compose.access import address
from patto_hub.feeds.pages import Reader
from patto_hub.lanes import signals, webhook
from patto_hub.lanes.batch import Reading
from patto_hub.lanes.lane import Post
from patto_hub.lanes.service import Lanes
from patto_hub.lanes.signals import OwnAddress, SignalHub, SignalsOutlet
from patto_hub.lanes.terms import Terms
from patto_hub.lanes.webhook import WebhookOutlet
from patto_hub.ledger import partners
from patto_hub.ledger.lanes import LaneName
from patto_hub.settings.mistakes import Mistake, mistakes_of
from patto_hub.settings.outlets import SignalsPart, WebhookPart
from patto_hub.settings.references import NoSecret, resolve
from patto_hub.web.site import BASE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from patto_connectors.ports import World
    from patto_connectors.webhook import SecretKey, Sender
    from patto_hub.compose.hub import Hub
    from patto_hub.feeds.subscriptions import Subscription
    from patto_hub.lanes.outlet import Outlet
    from patto_hub.outcomes import DeliveryFailure
    from patto_hub.settings.lines import Path as SettingsPath
    from patto_hub.settings.read import Configuration

Part: TypeAlias = WebhookPart | SignalsPart
OpenOutlet: TypeAlias = "Callable[[Way, World, str], AbstractAsyncContextManager[Outlet]]"
"""Opens a way out, as `open_outlet` does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way out that the settings name, with its secrets read."""

    name: LaneName
    part: Part
    subscription: Subscription
    keys: tuple[SecretKey, ...] = field(default=(), repr=False)
    seed: str = field(default="", repr=False)
    voucher: Pdnd | None = None
    ca_file: Path | None = None


def make_ways(
    configuration: Configuration, subscriptions: Mapping[tuple[str, str], Subscription]
) -> tuple[list[Way], list[Mistake]]:
    """Read what the settings say of ways out; one that cannot be used is told and keeps no other from its work."""
    ways: list[Way] = []
    mistakes: list[Mistake] = []
    for name, path, part in _said(configuration):
        subscription = subscriptions.get((name.partner, name.feed))
        if subscription is None:
            continue  # that it cannot be given is told where subscriptions are made
        try:
            ways.append(_way(configuration, name, path, part, subscription))
        except NoSecret as wrong:
            place = configuration.place(wrong.path)
            mistakes.append(Mistake(place=place, path=wrong.path, it=wrong.it, en=wrong.en))
        except Refused:
            it = "la chiave non si può usare: serve una di «patto webhook secret», come whsec_… o whsk_…"
            en = "the key cannot be used: one of `patto webhook secret` is needed, as whsec_… or whsk_…"
            where = (*path, "secrets")
            mistakes.append(Mistake(place=configuration.place(where), path=where, it=it, en=en))
        except ValidationError as error:
            errors = error.errors(include_input=False, include_url=False)
            mistakes += mistakes_of(errors, Pdnd, configuration.place, (*path, "voucher"))
    return ways, mistakes


def _said(configuration: Configuration) -> Iterator[tuple[LaneName, SettingsPath, Part]]:
    for partner, settings in configuration.settings.partners.items():
        for feed, said in settings.subscriptions.items():
            path = ("partners", partner, "subscriptions", feed)
            if said.webhook is not None:
                yield LaneName(partner, feed, webhook.WAY), (*path, webhook.WAY), said.webhook
            if said.signals is not None:
                yield LaneName(partner, feed, signals.WAY), (*path, signals.WAY), said.signals


def terms_of(configuration: Configuration) -> dict[LaneName, Terms]:
    """Give the lanes that the settings name, those too that cannot be used; any other is no longer configured."""
    found = {name: _terms(part) for name, _, part in _said(configuration)}
    for partner, settings in configuration.settings.partners.items():
        for stream, job in settings.jobs.items():
            if job.feed:
                found[LaneName(partner, job.feed, stream)] = Terms(own=True)  # a stream hands over what it is told to
    return found


def _terms(part: Part) -> Terms:
    return Terms(own=part.own, quiet=Quiet(tuple(map(window, part.quiet))), secret_days=part.secret_days)


def _way(
    configuration: Configuration, name: LaneName, path: SettingsPath, part: Part, subscription: Subscription
) -> Way:
    folder = configuration.file.parent

    def read(value: Any, key: str) -> Any:  # noqa: ANN401 - a reference, a list or a table of them
        return resolve(value, folder, configuration.environment, (*path, key))

    texts: Sequence[str] = read([dict(each) for each in part.secrets], "secrets")
    voucher = part.voucher if isinstance(part, SignalsPart) else {}
    return Way(
        name=name,
        part=part,
        subscription=subscription,
        keys=tuple(secret_key(text) for text in texts),
        seed=read(dict(part.seed), "seed") if isinstance(part, SignalsPart) else "",
        voucher=Pdnd.model_validate({**read(voucher, "voucher"), "kind": "pdnd"}) if voucher else None,
        ca_file=None if part.ca_file is None else folder / part.ca_file,
    )


@asynccontextmanager
async def open_outlet(way: Way, world: World, hub_address: str) -> AsyncIterator[Outlet]:
    """Open a way out, with connections of its own; closed at the end of the block."""
    name, part = way.name, way.part
    async with AsyncExitStack() as stack:
        if isinstance(part, SignalsPart) and way.voucher is not None:
            once = Repeats(attempts=1)  # when it is tried again is the lane's business
            settings = HttpSettings(base_url=part.url, auth=way.voucher, repeats=once)
            client = await stack.enter_async_context(open_client(settings))
            yield _signals(way, part, SignalHub(client=client))
            return
        sender = await stack.enter_async_context(open_sender(world, part.rules))
        target = target_of(way)
        if isinstance(part, SignalsPart):
            yield _signals(way, part, OwnAddress(name=name, sender=sender, target=target, pull=_pull(way, hub_address)))
            return
        yield _webhook(way, part, sender, target, hub_address)


def target_of(way: Way) -> Target:
    """Give the receiver as the sender knows it."""
    return Target(str(way.name), way.part.url, way.keys, Tls(ca_file=way.ca_file))


def _webhook(way: Way, part: WebhookPart, sender: Sender, target: Target, hub_address: str) -> WebhookOutlet:
    return WebhookOutlet(
        name=way.name,
        sender=sender,
        target=target,
        key=f"{way.subscription.key}{';own' if part.own else ''}",
        pull=_pull(way, hub_address),
        source=hub_address,
        payload=part.payload,
        envelope=part.envelope,
    )


def _pull(way: Way, hub_address: str) -> str:
    return f"{hub_address}{BASE}/feeds/{way.name.feed}/changes"


def _signals(way: Way, part: SignalsPart, line: OwnAddress | SignalHub) -> SignalsOutlet:
    return SignalsOutlet(line=line, subscription=way.subscription, eservice_id=part.eservice_id, seed=way.seed)


@asynccontextmanager
async def open_lanes(  # noqa: PLR0913 - what lanes are opened with
    hub: Hub,
    ways: Sequence[Way],
    cursor_key: bytes,
    *,
    withheld: Callable[[str, str], tuple[str, str] | None],
    told: Callable[[DeliveryFailure], None],
    opening: OpenOutlet = open_outlet,
) -> AsyncIterator[Lanes]:
    """Open all ways out for the length of the block; `withheld` judges as it does for who pulls."""
    organisations = await hub.ledger.read(partners.readers)
    own = address(hub.configuration)
    async with AsyncExitStack() as stack:
        posts = [
            Post(
                name=way.name,
                reading=Reading(
                    ledger=hub.ledger,
                    world=hub.world,
                    subscription=way.subscription,
                    reader=Reader(partner=way.name.partner, organisation=organisations.get(way.name.partner)),
                    cursor_key=cursor_key,
                    own=way.part.own,
                ),
                outlet=await stack.enter_async_context(opening(way, hub.world, own)),
                owner=hub.owner,
                quiet=partial(_terms(way.part).quiet.until, place=hub.place),
                withheld=partial(_held, way.subscription, hub.world, withheld),
                told=told,
            )
            for way in ways
        ]
        yield Lanes(ledger=hub.ledger, world=hub.world, posts=posts)


def _held(
    subscription: Subscription, world: World, withheld: Callable[[str, str], tuple[str, str] | None]
) -> str | None:
    """Say why nothing may leave by a subscription now, as whoever pulls is told."""
    reason = withheld(subscription.partner, subscription.feed.name)
    if reason is None and subscription.until is not None and subscription.ended(world.now()):
        return f"the subscription held until {subscription.until}"
    return None if reason is None else reason[1]
