"""Where an employment centre and an Ambito say different things of one pact."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from patto_hub import Check, Finding
from patto_schemas.issues import Owner
from patto_schemas.model import Measure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    from patto_hub import Dossier

LAG: Final = timedelta(days=14)
"""How long after an event the two may differ: centres note what happened at the Ambito days later."""
PATIENCE: Final = timedelta(days=30)
"""How long after its proposal a policy may be unknown to the centre."""
OPEN: Final = frozenset({"02", "09"})
"""Events after which a policy goes on, or rests."""

_Said = tuple[str, Measure]
"""Which partner says it, and what."""


def policies(dossier: Dossier) -> Mapping[str, Sequence[_Said]]:
    """Give what is said of each policy of a dossier, by its identifier."""
    found: dict[str, list[_Said]] = defaultdict(list)
    for each in dossier.statements:
        record = each.record
        if isinstance(record, Measure) and record.policy_id is not None:
            found[record.policy_id].append((each.partner, record))
    return found


def other_state(dossier: Dossier) -> Iterable[Finding]:
    """Find policies whose last event is another at the centre than at the Ambito."""
    return _differing(dossier, lambda measure: (_state(measure),))


def other_end(dossier: Dossier) -> Iterable[Finding]:
    """Find policies that ended in the same way on different days."""
    for finding in _differing(dossier, lambda measure: (_state(measure), measure.ended_on)):
        said = policies(dossier)[finding.subject.partition(":")[2]]
        if len({_state(measure) for _, measure in said}) == 1:
            yield finding


def _differing(dossier: Dossier, of: Callable[[Measure], tuple[object, ...]]) -> Iterable[Finding]:
    for policy, said in policies(dossier).items():
        quiet = all(_latest(measure) <= dossier.today - LAG for _, measure in said if measure.events)
        if quiet and len({of(measure) for _, measure in said}) > 1 and _centre(said) and len(said) > 1:
            yield Finding(subject=f"measure:{policy}", sources=_sources(said), owner=Owner.AMBITO)


def two_open_pacts_of_service(dossier: Dossier) -> Iterable[Finding]:
    """Find more than one open A02 (rule R11: one per person and region, the old one is closed first)."""
    found = {
        policy: said
        for policy, said in policies(dossier).items()
        if all(measure.activity_code == "A02" and _state(measure) in OPEN for _, measure in said)
    }
    if len(found) > 1:
        sources = _sources([each for said in found.values() for each in said])
        yield Finding(
            subject=" ".join(f"measure:{policy}" for policy in sorted(found)), sources=sources, owner=Owner.PARTNER
        )


def unknown_to_the_centre(dossier: Dossier) -> Iterable[Finding]:
    """Find policies that only the Ambito knows, long after their proposal, where the centre speaks of the pact."""
    found = policies(dossier)
    centres = sorted({partner for said in found.values() for partner in _centre(said)})
    for policy, said in found.items():
        proposed = min((each.proposed_on for _, each in said if each.proposed_on is not None), default=None)
        if centres and not _centre(said) and proposed is not None and proposed <= dossier.today - PATIENCE:
            sources = tuple(sorted({*_sources(said), *centres}))
            yield Finding(subject=f"measure:{policy}", sources=sources, owner=Owner.PARTNER)


def _centre(said: Sequence[_Said]) -> tuple[str, ...]:
    """Give the centres among those who speak: they key a measure by its policy (`sap.measure`)."""
    return tuple(partner for partner, measure in said if measure.measure_id == measure.policy_id)


def _state(measure: Measure) -> str:
    """Give the last event; that a finished measure was accounted for (11) is the Ambito's matter alone."""
    if measure.events:
        return "10" if measure.events[-1].code == "11" else measure.events[-1].code
    return "01" if measure.started_on is None else "02"


def _latest(measure: Measure) -> date:
    return measure.events[-1].on


def _sources(said: Sequence[_Said]) -> tuple[str, ...]:
    return tuple(sorted({partner for partner, _ in said}))


CHECKS: Final = (
    Check(
        rule="centre.other_state",
        find=other_state,
        summary={
            "it": "Il centro per l'impiego e l'Ambito dicono uno stato diverso della stessa politica",
            "en": "The employment centre and the Ambito give different states of one policy",
        },
    ),
    Check(
        rule="centre.other_end",
        find=other_end,
        summary={
            "it": "Il centro per l'impiego e l'Ambito dicono un giorno di fine diverso della stessa politica",
            "en": "The employment centre and the Ambito give different last days of one policy",
        },
    ),
    Check(
        rule="centre.two_open_a02",
        find=two_open_pacts_of_service,
        summary={
            "it": "La persona ha due patti di servizio (A02) aperti: il primo va chiuso (regola R11)",
            "en": "The person has two open pacts of service (A02): the first is to be closed (rule R11)",
        },
    ),
    Check(
        rule="centre.policy_unknown",
        find=unknown_to_the_centre,
        summary={
            "it": "Il centro per l'impiego non conosce una politica proposta da più di 30 giorni",
            "en": "The employment centre does not know a policy proposed more than 30 days ago",
        },
    ),
)
