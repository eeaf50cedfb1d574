from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from patto_hub import RunOutcome
from patto_hub.balance import Balance
from patto_hub.extensions.load import load
from patto_hub.extensions.tell import Patience, refusal, tell

OUTCOME = RunOutcome(
    run=1,
    job="lecce/pacts",
    partner="lecce",
    state="done",
    reason="schedule",
    started_at=datetime(2026, 1, 1, tzinfo=UTC),
    finished_at=datetime(2026, 1, 1, tzinfo=UTC),
    balance=Balance(read=1, new=1),
)
SHORT = Patience(time_s=0.05, grace_s=0.05)
LISTENER = """
    import asyncio, sys
    from patto_hub import hookimpl
    heard = []
    begun = asyncio.Event()

    @hookimpl
    async def on_run_finished(outcome):
        heard.append(outcome.run)
        begun.set()
        {body}
"""
AUTHORISER = """
    from patto_hub import hookimpl

    @hookimpl
    def authorise_feed(partner, feed):
        {body}
"""


async def told(extensions) -> dict[str, str]:
    return {each.plugin: each.state for each in await tell(extensions, "on_run_finished", {"outcome": OUTCOME}, SHORT)}


@pytest.mark.parametrize(
    ("body", "state"),
    [
        ("raise RuntimeError('no')", "failed"),
        ("sys.exit(1)", "failed"),
        ("raise KeyboardInterrupt", "failed"),
        ("await asyncio.Event().wait()", "late"),
        ("return None", "ok"),
    ],
)
async def test_F60_F61_F62_a_listener_that_fails_or_hangs_harms_no_other(shelf, body, state) -> None:
    shelf.install("a_bad", LISTENER.format(body=body))
    shelf.install("good", LISTENER.format(body="pass"))
    extensions = load(shelf.found, off={})

    assert await told(extensions) == {"a_bad": state, "good": "ok"}
    assert extensions.loaded["good"].module.heard == [1]
    assert extensions.stuck == set()


async def test_F63_a_listener_that_swallows_its_cancellation_is_given_up(shelf) -> None:
    shelf.install(
        "deaf",
        """
        import asyncio
        from patto_hub import hookimpl
        leave = asyncio.Event()

        @hookimpl
        async def on_run_finished(outcome):
            while not leave.is_set():
                try:
                    await leave.wait()
                except asyncio.CancelledError:
                    pass
        """,
    )
    shelf.install("good", LISTENER.format(body="pass"))
    extensions = load(shelf.found, off={})

    first, second = await told(extensions), await told(extensions)

    assert first == {"deaf": "stuck", "good": "ok"}
    assert second == {"deaf": "skipped", "good": "ok"}
    extensions.loaded["deaf"].module.leave.set()
    await asyncio.sleep(0)


async def test_a_caller_that_is_cancelled_takes_the_listener_with_it(shelf) -> None:
    shelf.install("slow", LISTENER.format(body="await asyncio.Event().wait()"))
    extensions = load(shelf.found, off={})
    call = asyncio.ensure_future(tell(extensions, "on_run_finished", {"outcome": OUTCOME}))
    await extensions.loaded["slow"].module.begun.wait()

    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await asyncio.sleep(0)

    assert [task.get_name() for task in asyncio.all_tasks() if "slow" in task.get_name()] == []


def test_a_feed_is_open_only_if_no_plugin_refuses(shelf) -> None:
    shelf.install("mute", AUTHORISER.format(body="return None"))
    shelf.install("strict", AUTHORISER.format(body="return 'convenzione scaduta' if partner == 'lecce' else None"))
    extensions = load(shelf.found, off={})

    assert refusal(extensions, "lecce", "pacts") == "convenzione scaduta"
    assert refusal(extensions, "bari", "pacts") is None


@pytest.mark.parametrize("body", ["raise RuntimeError('no')", "raise SystemExit"])
def test_a_feed_is_closed_when_a_plugin_cannot_say(shelf, body) -> None:
    shelf.install("broken", AUTHORISER.format(body=body))

    assert "broken" in refusal(load(shelf.found, off={}), "bari", "pacts")
