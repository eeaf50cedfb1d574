"""The rules on single records, as named checks in one table.

R1..R8 and R10 are here. R9 (an XML part that breaks its schema is set aside, the rest goes on) is kept by the XML
reader, which gives the issue `R9` with line and path. R11..R15 concern several records and belong to the hub.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from patto_schemas.model import ENTITIES
from patto_schemas.rules import credit, employments, identifiers, lists, measures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from patto_schemas.issues import Issue
    from patto_schemas.model.base import Entity

Check: TypeAlias = "Callable[[Any], Iterable[Issue]]"


@dataclass(frozen=True, slots=True)
class Rule:
    """A named check of one kind of record."""

    code: str
    kinds: tuple[str, ...]
    check: Check


RULES: Final = (
    Rule("R1", ("measure",), measures.dates_in_order),
    Rule("R1", ("enrolment",), measures.enrolment_dates_in_order),
    Rule("R1", ("employment",), employments.employment_dates_in_order),
    Rule("R2", ("measure",), measures.end_is_given),
    Rule("R3", ("measure",), measures.duration_has_unit),
    Rule("R4", ("measure",), measures.activity_has_its_details),
    Rule("R5", ("measure",), measures.last_event_fixes_date),
    Rule("R6", ("measure",), measures.policy_is_identified),
    Rule("R7", ("measure",), measures.policy_letter_agrees),
    Rule("R8", ("person", "organisation"), identifiers.identifiers_hold),
    Rule("R8", ("person",), identifiers.birth_agrees),
    Rule("R8", ("pact",), identifiers.signer_is_named),
    Rule("R8", ("enrolment", "consent"), identifiers.participant_is_named),
    Rule("R8", ("measure",), identifiers.employer_is_named),
    Rule("consent", ("consent",), identifiers.consent_names_its_pact),
    Rule("R8", ("loan",), identifiers.borrower_is_named),
    Rule("R8", ("employment",), identifiers.employment_is_named),
    Rule("R8", ("payment_order",), identifiers.order_accounts_hold),
    Rule("R8", ("movement",), identifiers.movement_account_holds),
    Rule("R10", ("loan",), credit.ceilings_hold),
    Rule("R10", ("loan",), credit.extension_is_earned),
    Rule("amount", ("loan", "payment_order", "movement"), credit.amount_is_positive),
    Rule("order", ("payment_order",), credit.order_says_what_for),
    Rule("end", ("employment",), employments.end_is_known),
    Rule("cup", ("pact",), identifiers.account_for_cup),
    Rule("lists", ("person",), lists.person_codes),
    Rule("lists", ("organisation",), lists.organisation_codes),
    Rule("lists", ("pact",), lists.pact_codes),
    Rule("lists", ("measure",), lists.measure_codes),
    Rule("lists", ("employment",), lists.employment_codes),
    Rule("lists", ("monitoring_record",), lists.indicator_is_listed),
)
"""Every rule on a single record; all of them run, so that a partner is told everything at once."""

BY_KIND: Final[Mapping[str, tuple[Check, ...]]] = MappingProxyType(
    {kind: tuple(rule.check for rule in RULES if kind in rule.kinds) for kind in ENTITIES}
)


def check(entity: Entity) -> list[Issue]:
    """Give every issue of a record, errors and warnings; none for a good one, or for a plugin's own kind."""
    issues: list[Issue] = []
    for rule in BY_KIND.get(entity.kind, ()):
        issues.extend(rule(entity))
    return issues
