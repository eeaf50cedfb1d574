"""Tells plugins what has happened and asks them what they refuse; each in its own try, each with its own time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, cast

import structlog

from patto_hub.extensions.guard import Failed, failure, guarded
from patto_hub.observe.redact import redact

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from pluggy import HookImpl

    from patto_hub.extensions.load import Extensions


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a plugin is waited for, in seconds."""

    time_s: float = 30.0
    """For one `on_*` hook."""
    grace_s: float = 2.0
    """For it to obey its cancellation, before it is given up as stuck."""


PATIENCE: Final = Patience()


@dataclass(frozen=True, slots=True)
class Told:
    """How one plugin took what it was told."""

    plugin: str
    hook: str
    state: str
    """ok | failed | late (cancelled at its deadline) | stuck (swallowed the cancellation) | skipped (was stuck)."""
    failed: Failed | None = None


async def tell(
    extensions: Extensions, hook: str, facts: Mapping[str, object], patience: Patience = PATIENCE
) -> tuple[Told, ...]:
    """Call an `on_*` hook of each plugin, one after the other; nothing that a plugin does reaches the caller."""
    told = []
    for implementation in getattr(extensions.hooks.hook, hook).get_hookimpls():
        each = await _tell_one(extensions, implementation, hook, facts, patience)
        _note(each)
        told.append(each)
    return tuple(told)


async def _tell_one(
    extensions: Extensions, implementation: HookImpl, hook: str, facts: Mapping[str, object], patience: Patience
) -> Told:
    plugin = implementation.plugin_name
    if plugin in extensions.stuck:
        return Told(plugin, hook, "skipped")
    arguments = [facts[name] for name in implementation.argnames]
    task = asyncio.get_running_loop().create_task(_contained(implementation, arguments), name=f"{plugin}.{hook}")
    try:
        await asyncio.wait({task}, timeout=patience.time_s)
        if task.done():
            failed = None if task.cancelled() else task.result()
            return Told(plugin, hook, "failed" if failed else "ok", failed)
    finally:
        task.cancel()
    await asyncio.wait({task}, timeout=patience.grace_s)  # wait_for would wait for ever
    if task.done():
        return Told(plugin, hook, "late")
    extensions.stuck.add(plugin)
    return Told(plugin, hook, "stuck")


async def _contained(implementation: HookImpl, arguments: Sequence[object]) -> Failed | None:
    try:
        await cast("Callable[..., Awaitable[None]]", implementation.function)(*arguments)
    except asyncio.CancelledError:
        raise
    except BaseException as error:  # noqa: BLE001 - SystemExit in a task ends the whole loop
        return failure(error)
    return None


def refusal(extensions: Extensions, partner: str, feed: str) -> str | None:
    """Ask every plugin's `authorise_feed`; one that fails refuses, because a feed is closed unless all agree."""
    asked = extensions.hooks.hook.authorise_feed.get_hookimpls()
    facts = {"partner": partner, "feed": feed} if asked else {}
    for implementation in asked:
        answer = guarded(partial(implementation.function, *(facts[name] for name in implementation.argnames)))
        if isinstance(answer, Failed):
            _note(Told(implementation.plugin_name, "authorise_feed", "failed", answer))
            return f"plugin {implementation.plugin_name}: {answer.kind}"
        if answer.value is not None:
            return str(answer.value)
    return None


def _note(told: Told) -> None:
    log = structlog.get_logger("patto.plugins")
    if told.state == "failed" and told.failed:
        log.error(
            "plugin.hook_failed",
            plugin=told.plugin,
            hook=told.hook,
            error=told.failed.kind,
            traceback=redact(told.failed.text),
        )
    elif told.state in {"late", "stuck"}:
        log.error("plugin.hook_overdue", plugin=told.plugin, hook=told.hook, state=told.state)
