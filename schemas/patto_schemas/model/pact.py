"""The pact (patto individuale di inclusione): what a person and the services have promised each other.

Content follows the national forms of the inclusion pact (PaIS, on the Ministry of Labour's pages of the Assegno di
inclusione) and of the individual plan (PAI, as the open-source social register SISO keeps it).
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from patto_schemas.model.base import LOCAL, Entity, Identifier, Model, Name
from patto_schemas.model.people import SOCIAL, ConsentGiven
from patto_schemas.model.types import (
    AmbitoCode,
    Code,
    Currency,
    Day,
    Flag,
    Istat,
    Key,
    Label,
    Money,
    Scheme,
    Text,
    ValidFrom,
    ValidTo,
    Whole,
)

PactStatus = Literal[
    "draft",
    "proposed",
    "signed",
    "active",
    "suspended",
    "completed",
    "lapsed",
    "withdrawn",
    "revoked",
    "cancelled",
    "transformed",
]
"""The pact's life: draft, proposed, signed, active or suspended, then one of the ends."""
PactScheme = Literal["ReD_1", "ReD_2", "ReD_3", "ReI", "RdC_PaIS", "ADI_PaIS", "SFL", "other"]
"""The measure of income support that the pact belongs to."""
LoanMode = Literal["none", "alternative", "downstream"]
"""Whether a microcredit takes the pact's place (`alternative`) or follows it (`downstream`)."""
DurationUnit = Literal["O", "G", "M", "A"]
"""Hours (ore), days (giorni), months (mesi), years (anni), as SAP writes them."""


class Goal(Model):
    """What the pact wants to reach."""

    goal_id: Key
    text: Text
    horizon: Literal["short", "medium", "long"] | None = None
    achieved: Annotated[int, Whole(1, 3)] | None = None
    """1 no, 2 partly, 3 yes."""
    assessed_on: Day | None = None


class ExpectedResult(Model):
    """A specific result by which a goal is recognised."""

    result_id: Key
    text: Text
    goal_id: Key | None = None
    due_on: Day | None = None
    achieved: Annotated[int, Whole(1, 3)] | None = None


class Commitment(Model):
    """What a member of the household owes."""

    commitment_id: Key
    text: Text
    member_id: Key | None = None
    """The member who owes it, by the partner's own key; None for the pact's person."""
    conditional: Flag = False
    """Whether support depends on it: only then a breach is sanctioned."""
    kept: Flag | None = None


class Review(Model):
    """A step of periodic monitoring."""

    on: Day
    outcome: Literal["confirmed", "changed", "closed"] | None = None
    note: Text | None = None


class Suspension(Model):
    """A time in which the pact rests."""

    valid_from: Day
    valid_to: ValidTo = None
    reason: Code
    """Illness, maternity, work below the threshold, justified cause."""


class Sanction(Model):
    """A sanction of the edition's ladder."""

    on: Day
    reason: Code
    months_lost: Annotated[int, Whole(0, 120)] | None = None
    amount_lost: Money | None = None
    lapse: Flag = False


class Closure(Model):
    """How and when the pact ended."""

    code: Code
    on: Day
    reason: Text | None = None
    successor_id: Key | None = None
    """The pact or loan that a `transformed` pact goes on as."""


class Indemnity(Model):
    """The money that goes with the pact."""

    monthly_amount: Money
    months: Annotated[int, Whole(1, 120)]
    currency: Currency = "EUR"


class Pact(Entity):
    """An individual inclusion pact: the root of a dossier, so it waits for no other record."""

    kind: ClassVar[str] = "pact"
    key_field: ClassVar[str] = "pact_id"

    pact_id: Key
    pact_number: Label | None = None
    """Protocol number of the signed pact."""
    identifiers: tuple[Identifier, ...] = ()
    person_id: Key
    person_scheme: Scheme = "cf"
    household_size: Annotated[int, Whole(1, 40)] | None = None
    ambito: AmbitoCode
    municipality: Istat | None = None
    scheme: PactScheme
    cup: Annotated[str, Field(pattern="^[A-Z0-9]{15}$")] | None = None
    inps_protocol: Key | None = None
    proposed_on: Day | None = None
    signed_on: Day | None = None
    valid_from: ValidFrom = None
    valid_to: ValidTo = None
    status: PactStatus
    loan_mode: LoanMode = "none"
    case_manager: Key | None = None
    """By the partner's own key, never a name."""
    review_every: Annotated[int, Whole(1, 365)] | None = None
    review_unit: DurationUnit | None = None
    next_review_on: Day | None = None
    goals: tuple[Goal, ...] = ()
    results: tuple[ExpectedResult, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    reviews: tuple[Review, ...] = ()
    suspensions: tuple[Suspension, ...] = ()
    sanctions: tuple[Sanction, ...] = ()
    closure: Closure | None = None
    indemnity: Indemnity | None = None
    consents: tuple[ConsentGiven, ...] = ()
    """In the order in which they were recorded: the last word about an organisation counts."""
    note: Text | None = None

    @property
    def person(self) -> Name:
        """The person who signed, by an identifier."""
        return Name(self.person_scheme, self.person_id)

    @property
    def lead(self) -> Name:
        """The social district that leads the pact."""
        return Name("ambito", self.ambito)

    def names(self) -> tuple[Name, ...]:
        """Give the local key, every identifier and the INPS protocol."""
        names = (Name(LOCAL, self.pact_id), *(identifier.name for identifier in self.identifiers))
        return names if self.inps_protocol is None else (*names, Name("inps_protocol", self.inps_protocol))

    def organisations(self) -> tuple[Name, ...]:
        """Give the Ambito, and the organisations whose last consent is a yes."""
        return (self.lead, *(organisation for organisation, granted in self._words().items() if granted))

    def allows(self) -> tuple[tuple[Name, bool], ...]:
        """Give the Ambito, which needs no consent, and the last word about each other organisation."""
        return ((self.lead, True), *((each, granted) for each, granted in self._words().items() if each != self.lead))

    def persons(self) -> tuple[Name, ...]:
        """Give the person who signed."""
        return (self.person,)

    def _words(self) -> dict[Name, bool]:
        """Give whether each organisation may know: yes only if the last word on social data is yes, and none is no.

        A pact is social data, so consent for another domain alone opens nothing; and the readers of a dossier see what
        all domains say, so one refused domain refuses the whole.
        """
        if not self.consents:
            return {}
        last = {(consent.organisation, consent.from_domain): consent.granted for consent in self.consents}
        refused = {organisation for (organisation, _), granted in last.items() if not granted}
        return {each: each not in refused for each, domain in last if each in refused or domain == SOCIAL}
