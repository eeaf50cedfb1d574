"""Loads plugins one by one; whatever is wrong with one leaves nothing of it behind and does not touch the next."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from importlib import import_module
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, cast

import pluggy
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from patto_connectors.contract import Connector
from patto_hub import __version__, hookspecs
from patto_hub.dossier import Check
from patto_hub.extensions.guard import Failed, deadline, guarded
from patto_hub.feeds.spec import FeedSpec
from patto_hub.hookspecs import PROJECT
from patto_hub.observe.redact import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import ModuleType

    from patto_hub.extensions.found import Found

MOST_DECLARED: Final = 1_000
"""A plugin that declares more of one kind is taken for one whose generator never ends."""
IMPORT_S: Final = 60.0
"""A plugin whose import takes longer is taken for one that never ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A plugin in use, and what it declares."""

    found: Found
    module: ModuleType
    connectors: tuple[Connector[Any], ...] = ()
    feeds: tuple[FeedSpec, ...] = ()
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotLoaded:
    """A plugin that is installed and not in use: why, for people, and the traceback for its author."""

    found: Found
    code: str
    """off | import | version | duplicate | hook | declaration."""
    values: Mapping[str, str] = field(default_factory=dict)
    """What the sentence of the code names."""
    traceback: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extensions:
    """All plugins of a hub."""

    hooks: pluggy.PluginManager
    loaded: Mapping[str, Loaded]
    not_loaded: Mapping[str, NotLoaded]
    stuck: set[str] = field(default_factory=set)
    """Plugins that swallowed their cancellation: told of nothing more until the hub starts again."""

    def connector(self, plugin: str, name: str) -> Connector[Any] | None:
        """Find a plugin's connector by name."""
        loaded = self.loaded.get(plugin)
        return next((each for each in loaded.connectors if each.name == name), None) if loaded else None

    @property
    def feeds(self) -> tuple[FeedSpec, ...]:
        """The feeds that plugins add."""
        return tuple(feed for plugin in self.loaded.values() for feed in plugin.feeds)

    @property
    def checks(self) -> tuple[Check, ...]:
        """The dossier checks that plugins add."""
        return tuple(check for plugin in self.loaded.values() for check in plugin.checks)


def load(
    plugins: Iterable[Found],
    *,
    off: Mapping[str, str],
    dead: Mapping[str, NotLoaded] | None = None,
    taken_feeds: Iterable[str] = (),
    before: Callable[[Found], None] = lambda _found: None,
) -> Extensions:
    """Load each plugin that is not switched off.

    Args:
        plugins: those that are installed.
        off: switched off by staff, and why.
        dead: known to end or hang the process that imports them.
        taken_feeds: the names of the hub's own feeds.
        before: called just before a plugin's code runs for the first time.
    """
    hooks = pluggy.PluginManager(PROJECT)
    hooks.add_hookspecs(hookspecs)
    loaded: dict[str, Loaded] = {}
    not_loaded: dict[str, NotLoaded] = {}
    names = {("feed", name): "patto" for name in taken_feeds}
    for found in plugins:
        outcome: Loaded | NotLoaded | None = (dead or {}).get(found.name) or reason_not_to_import(found, off)
        if outcome is None:
            before(found)
            outcome = _load_one(hooks, found, names)
        if isinstance(outcome, Loaded):
            loaded[found.name] = outcome
            names |= dict.fromkeys(_unique_names(outcome), found.name)
        else:
            not_loaded[f"{found.name}@{found.distribution}" if found.taken_by else found.name] = outcome
    return Extensions(hooks=hooks, loaded=loaded, not_loaded=not_loaded)


def _load_one(hooks: pluggy.PluginManager, found: Found, names: Mapping[tuple[str, str], str]) -> Loaded | NotLoaded:
    imported = guarded(lambda: _imported(found.module))
    if isinstance(imported, Failed):
        return _not_loaded(found, "import", imported)
    module = imported.value
    wanted = getattr(module, "REQUIRES_HUB", "")
    if not _fits(wanted):
        return NotLoaded(found=found, code="version", values={"wants": str(wanted), "hub": __version__})
    try:
        return _register(hooks, found, module, names)
    except _Unfit as unfit:
        if hooks.is_registered(module):
            hooks.unregister(module)
        return unfit.verdict


def _imported(name: str) -> ModuleType:
    with deadline(IMPORT_S):
        return import_module(name)


def reason_not_to_import(found: Found, off: Mapping[str, str]) -> NotLoaded | None:
    """Say why a plugin is left out before any of its code runs."""
    if found.name in off:
        return NotLoaded(found=found, code="off", values={"reason": off[found.name]})
    if found.taken_by:
        return NotLoaded(found=found, code="duplicate", values={"name": found.name, "other": found.taken_by})
    if not _fits(found.requires_hub):
        return NotLoaded(found=found, code="version", values={"wants": found.requires_hub, "hub": __version__})
    return None


def _fits(wanted: object) -> bool:
    try:
        return SpecifierSet(str(wanted)).contains(__version__, prereleases=True)
    except InvalidSpecifier:
        return False


class _Unfit(Exception):  # noqa: N818 - carries the verdict out of the steps of registration
    def __init__(self, verdict: NotLoaded) -> None:
        super().__init__(verdict.code)
        self.verdict = verdict


def _register(
    hooks: pluggy.PluginManager, found: Found, module: ModuleType, names: Mapping[tuple[str, str], str]
) -> Loaded:
    registered = guarded(lambda: hooks.register(module, name=found.name))
    if isinstance(registered, Failed):
        raise _Unfit(_not_loaded(found, "hook", registered))
    _check_hooks(hooks, found, module)
    plugin = Loaded(
        found=found,
        module=module,
        connectors=_declared(hooks, found, module, "register_connectors", Connector),
        feeds=_declared(hooks, found, module, "register_feeds", FeedSpec),
        checks=_declared(hooks, found, module, "register_checks", Check),
    )
    mine: set[tuple[str, str]] = set()
    for key in [*(("connector", each.name) for each in plugin.connectors), *_unique_names(plugin)]:
        if key in mine or key in names:
            other = names.get(key, found.name)
            raise _Unfit(NotLoaded(found=found, code="duplicate", values={"name": " ".join(key), "other": other}))
        mine.add(key)
    return plugin


def _unique_names(plugin: Loaded) -> list[tuple[str, str]]:
    """Give the names that must be unique among all plugins; connectors only need it within theirs."""
    return [("feed", each.name) for each in plugin.feeds] + [("check", each.rule) for each in plugin.checks]


def _check_hooks(hooks: pluggy.PluginManager, found: Found, module: ModuleType) -> None:
    callers = hooks.get_hookcallers(module) or []
    if not callers:
        raise _Unfit(NotLoaded(found=found, code="hook", values={"hook": "register_connectors", "why": "none"}))
    for caller in callers:
        why = _wrong_with(caller, _implementation(caller, module))
        if why:
            raise _Unfit(NotLoaded(found=found, code="hook", values={"hook": caller.name, "why": why}))


def _wrong_with(caller: pluggy.HookCaller, implementation: pluggy.HookImpl) -> str:
    if caller.spec is None:
        return "unknown"
    if implementation.hookwrapper or implementation.wrapper:
        return "wrappers are not called"
    wants_async = caller.name.startswith("on_")
    if inspect.iscoroutinefunction(implementation.function) != wants_async:
        return "must be async def" if wants_async else "must be def, not async def"
    return ""


def _implementation(caller: pluggy.HookCaller, module: ModuleType) -> pluggy.HookImpl:
    return next(each for each in caller.get_hookimpls() if each.plugin is module)


def _declared(
    hooks: pluggy.PluginManager, found: Found, module: ModuleType, hook: str, kind: type[Any]
) -> tuple[Any, ...]:
    caller: pluggy.HookCaller = getattr(hooks.hook, hook)
    if caller not in (hooks.get_hookcallers(module) or []):
        return ()
    declare = cast("Callable[[], Iterable[Any]]", _implementation(caller, module).function)
    given = guarded(lambda: tuple(islice(declare(), MOST_DECLARED + 1)))
    if isinstance(given, Failed):
        raise _Unfit(_not_loaded(found, "declaration", given, hook=hook))
    wrong = next((type(each).__name__ for each in given.value if not isinstance(each, kind)), None)
    why = f"{wrong} instead of {kind.__name__}" if wrong else ""
    if len(given.value) > MOST_DECLARED:
        why = f"more than {MOST_DECLARED}"
    if why:
        raise _Unfit(NotLoaded(found=found, code="declaration", values={"hook": hook, "why": why}))
    return given.value


def _not_loaded(found: Found, code: str, failed: Failed, **values: str) -> NotLoaded:
    why = redact(f"{failed.kind}: {failed.message}")
    return NotLoaded(found=found, code=code, values={"why": why, **values}, traceback=redact(failed.text))
