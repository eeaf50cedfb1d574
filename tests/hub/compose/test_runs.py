from __future__ import annotations

import asyncio
import re

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from patto_connectors.ports import World
from patto_hub.compose.hub import open_hub
from patto_hub.compose.runs import TellingRunner
from patto_hub.observe.metrics import make_metrics
from patto_hub.settings.read import read_settings

PLUGIN = """
    import asyncio
    from pydantic import BaseModel
    from patto_hub import Connector, Receipt, Refused, Unreachable, hookimpl

    class Settings(BaseModel):
        trouble: str = ""

    class Sink:
        def __init__(self, settings):
            self.trouble = settings.trouble

        async def write(self, batch):
            if self.trouble == "down":
                raise Unreachable("http.status", "503")
            if self.trouble == "closed":
                raise Refused("http.credentials", "401")
            taken.append(len(batch.rows))
            return Receipt(accepted=len(batch.rows))

    failures, taken = [], []

    @hookimpl
    def register_connectors():
        yield Connector(name="out", settings=Settings, sink=Sink)

    @hookimpl
    async def on_delivery_failed(failure):
        failures.append(failure)
"""
READER = """
[partners.reader]
plugin = "sender"
feeds = ["catalogue"]
organisation = {{ scheme = "ipa", value = "r_puglia" }}
settings = {{ trouble = "{trouble}" }}
[partners.reader.jobs.out]
feed = "catalogue"
"""


@pytest.fixture
def settings(office, shelf):
    shelf.install("sender", PLUGIN)
    office.send("1.json", {"organisation_id": "N1"}, {"organisation_id": "N2"})

    def settings(trouble: str = "", feed: str = "catalogue"):
        office.config.write_text(
            office.config.read_text() + READER.format(trouble=trouble).replace('"catalogue"', f'"{feed}"')
        )
        return read_settings(office.config, {})

    return settings


async def deliver(hub, runner: TellingRunner) -> None:
    for name in ("office/notes", "reader/out"):
        await runner(
            hub.jobs[name],
            ledger=hub.ledger,
            world=hub.world,
            owner=hub.owner,
            reason="cli",
            slot_key=None,
            attempt=1,
        )
    await runner.finish(30)


async def test_a_feed_is_delivered_to_a_sink(settings) -> None:
    async with open_hub(settings(), World()) as hub:
        await deliver(hub, TellingRunner(extensions=hub.extensions, place=hub.place))
        module = hub.extensions.loaded["sender"].module

    assert (module.taken, module.failures) == ([2], [])


@pytest.mark.parametrize(("trouble", "last"), [("down", False), ("closed", True)])
async def test_plugins_are_told_of_a_delivery_that_failed(settings, trouble, last) -> None:
    registry = CollectorRegistry()
    async with open_hub(settings(trouble), World()) as hub:
        runner = TellingRunner(extensions=hub.extensions, place=hub.place, metrics=make_metrics(registry))
        await deliver(hub, runner)
        (failure,) = hub.extensions.loaded["sender"].module.failures

    assert (failure.partner, failure.feed, failure.attempts, failure.last) == ("reader", "catalogue", 1, last)
    assert re.search(r'patto_delivery_failures_total\{feed="catalogue",partner="reader"\} 1', _text(registry))


async def test_a_stream_that_delivers_needs_a_feed(settings) -> None:
    async with open_hub(settings(feed="catalog"), World()) as hub:
        (unusable,) = hub.unusable

    assert "«catalog» non esiste" in unusable.it


async def test_plugins_that_take_too_long_are_left_behind_at_the_end(settings, shelf) -> None:
    shelf.install(
        "slow",
        """
        import asyncio
        from patto_hub import hookimpl

        @hookimpl
        async def on_run_finished(outcome):
            await asyncio.Event().wait()
        """,
    )
    async with open_hub(settings(), World()) as hub:
        runner = TellingRunner(extensions=hub.extensions, place=hub.place)
        await runner(
            hub.jobs["office/notes"],
            ledger=hub.ledger,
            world=hub.world,
            owner=hub.owner,
            reason="cli",
            slot_key=None,
            attempt=1,
        )
        await asyncio.sleep(0)
        await runner.finish(0.01)

        assert runner.telling == set()


def _text(registry: CollectorRegistry) -> str:
    return generate_latest(registry).decode()
