"""Who plays whom: each partner of the hub stands for one of the invented world, beside the simulated ones that tell it.

The settings of the cast are made anew: of the hub's own only names, titles, rights and subscriptions are taken over, so
that no address and no secret of a real partner is in them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from patto_hub.settings.mistakes import Mistake, Place, WrongSettings
from patto_hub.settings.shape import PartnerPart
from patto_schemas.codes.territory import ambiti
from patto_schemas.model.base import Name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from patto_hub.sandbox.settings import SandboxSettings
    from patto_hub.settings.outlets import WebhookPart
    from patto_hub.settings.shape import Settings
    from patto_schemas.chronicle import Teller

DEFAULT_AMBITI: Final = ("LE/1", "FG/6")
"""Whose people there are where no Ambito is a partner."""
SOON: Final = {"every": "1m"}
"""How often a stream is looked at that a partner hands in to; what it hands in is read at once."""
PLAYS: Final[Mapping[str, str]] = {
    "social": "ambito",
    "labour": "centre",
    "training": "catalogue",
    "third_sector": "cooperative",
    "credit": "lender",
}
"""Which kind of the world's partners stands for a field of work."""

Double: TypeAlias = "Mapping[str, Any]"
"""The settings of one of the world's partners, as its plugin's `demo` gives them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """All partners of a sandbox."""

    parts: Mapping[str, PartnerPart]
    own: tuple[str, ...]
    """Those that the hub has too: they have keys here."""
    stands_for: Mapping[str, Teller]
    """By the name of one of the hub's partners; who is of no known field of work stands for nobody."""


def codes_of(settings: Settings, wanted: Sequence[str]) -> tuple[str, ...]:
    """Give the Ambiti whose people the world has: those that were asked for, else the hub's own partners."""
    known = {each.code for each in ambiti()}
    named = [
        part.organisation.value
        for part in settings.partners.values()
        if part.organisation is not None and part.organisation.scheme == "ambito"
    ]
    return tuple(wanted) or tuple(each for each in dict.fromkeys(named) if each in known) or DEFAULT_AMBITI


def stand_ins(settings: Settings, tellers: Iterable[Teller]) -> dict[str, Teller]:
    """Choose whom each partner stands for: itself where the world has it, else one of its kind whom fewest have."""
    found: dict[str, Teller] = {}
    times: Counter[str] = Counter()
    stage = tuple(tellers)
    for name, part in settings.partners.items():
        own = part.organisation
        if own is None:
            continue
        same = [each for each in stage if each.organisation == Name(own.scheme, own.value)]
        kind = "bank" if own.scheme == "bic" else PLAYS.get(own.domain) or PLAYS.get(_field_of(own.scheme), "")
        alike = sorted((each for each in stage if each.kind == kind), key=lambda each: times[each.code])
        if chosen := [*same, *alike][:1]:
            found[name] = chosen[0]
            times[chosen[0].code] += 1
    return found


def cast(
    settings: Settings,
    own: SandboxSettings,
    doubles: Mapping[str, Double],
    stands_for: Mapping[str, Teller],
    has_door: Callable[[str, str], bool],
) -> Cast:
    """Put the partners together: the world's, which tell, and the hub's, which read and hand in.

    Raises:
        WrongSettings: a test receiver is of a partner or a feed that the hub's settings do not have.
    """
    _require_known(settings, own)
    parts = {name: PartnerPart.model_validate(_telling(double)) for name, double in doubles.items()}
    for name, part in settings.partners.items():
        double = doubles.get(stands_for[name].partner) if name in stands_for else None
        rights = _rights(part, own.receivers.get(name, {}))
        doors = {job: SOON for job in part.jobs if has_door(part.plugin, job)}
        base = _telling(doubles[name]) if name in doubles else _reading(part, double)
        jobs = {**base.get("jobs", {}), **doors}
        parts[name] = PartnerPart.model_validate({**base, **rights, "title": part.title or name, "jobs": jobs})
    return Cast(parts=parts, own=tuple(settings.partners), stands_for=stands_for)


def _field_of(scheme: str) -> str:
    return {"ambito": "social", "cpi_11": "labour"}.get(scheme, "")


def _telling(double: Double) -> dict[str, Any]:
    """Let one of the world's partners be read when something happens, and be written to by nobody."""
    jobs: dict[str, Any] = {name: {} for name, plan in double.get("jobs", {}).items() if "feed" not in plan}
    return {**double, "feeds": (), "jobs": jobs}


def _reading(part: PartnerPart, double: Double | None) -> dict[str, Any]:
    """Give who a partner is here: the organisation that it stands for, so that it is told of invented people."""
    said: dict[str, Any] = {"plugin": part.plugin}
    if part.organisation is not None:
        said["organisation"] = part.organisation.model_dump() if double is None else double["organisation"]
        names = {(part.organisation.scheme, part.organisation.value)}
        names |= {(each.scheme, each.value) for each in part.scope or () if isinstance(each, Name)}
        names.add((said["organisation"]["scheme"], said["organisation"]["value"]))
        said["scope"] = "any" if part.scope == "any" else sorted(f"{scheme}:{value}" for scheme, value in names)
    if double is not None and double["plugin"] == part.plugin:
        said["settings"] = double["settings"]
    return said


def _rights(part: PartnerPart, receivers: Mapping[str, WebhookPart]) -> dict[str, Any]:
    """Give what the partner may read, told at its test receivers and nowhere else."""
    subscriptions = {
        feed: {
            **said.model_dump(exclude={"webhook", "signals"}, exclude_defaults=True),
            **({"webhook": receivers[feed].model_dump()} if feed in receivers else {}),
        }
        for feed, said in part.subscriptions.items()
    }
    told = {feed: {"webhook": receivers[feed].model_dump()} for feed in part.feeds if feed in receivers}
    feeds = [feed for feed in part.feeds if feed not in told]
    return {"feeds": feeds, "subscriptions": subscriptions | told, "pseudonyms": part.pseudonyms}


def _require_known(settings: Settings, own: SandboxSettings) -> None:
    mistakes = [
        Mistake(
            place=Place(source="sandbox.toml"),
            path=("receivers", name, feed),
            it="nelle impostazioni dell'hub il partner non c'è, o non ha questo flusso",
            en="the hub's settings do not have this partner, or not with this feed",
        )
        for name, feeds in own.receivers.items()
        for feed in feeds
        if name not in settings.partners or feed not in settings.partners[name].opens
    ]
    if mistakes:
        raise WrongSettings(mistakes)
