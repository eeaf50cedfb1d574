"""Jobs and internships as the employer has to report them: the mandatory communications (UniLav) of one relationship.

Fields as two regional labour systems keep them (Piemonte: silpapi's `ComunicazioneObbligatoria` with its trainee part,
and the tables of COMONL); the ministry's own XML was not at hand.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from patto_schemas.model.base import LOCAL, Entity, Identifier, Model, Name, Need
from patto_schemas.model.types import Code, CommunicationCode, Day, Hours, Key, Scheme

CommunicationType = Literal["ASS", "PRO", "TRS", "CES", "TRD", "VAR", "URG"]
"""Hire, extension, transformation, end, transfer, change of employer, urgent hire (`codes/co_types.csv`)."""
CommunicationState = Literal[
    "inserted", "checked", "validated", "annulled", "cancelled", "to_sign", "in_transit", "rectified"
]
"""Where a communication stands with the labour system, which writes digits (`codes/co_states.csv`)."""
EmploymentStatus = Literal["active", "ended", "annulled"]
"""The relationship's state; `annulled` where the hire itself was taken back (`codes/employment_states.csv`)."""


class Communication(Model):
    """One communication on the relationship, as the employer sent it."""

    code: CommunicationCode
    type: CommunicationType
    on: Day
    """The day that it speaks of: start, new end, end (dataRiferimento), not the day it was sent."""
    replaces: CommunicationCode | None = None
    """The communication that this one puts right (codiceComunicazionePrecedente)."""
    state: CommunicationState | None = None


class Employment(Entity):
    """A job or an internship of a pact's person: one relationship, whatever number of communications tell of it."""

    kind: ClassVar[str] = "employment"
    key_field: ClassVar[str] = "employment_id"

    employment_id: Key
    identifiers: tuple[Identifier, ...] = ()
    person_id: Key
    person_scheme: Scheme = "cf"
    pact_id: Key
    """The pact for whose sake the hub may know of it: no communication names one, the source asked about its person."""
    pact_scheme: Scheme = LOCAL
    type: Literal["internship", "job"]
    contract_code: Annotated[str, Field(pattern="^[A-Z]\\.[0-9]{2}\\.[0-9]{2}$")] | None = None
    """The ministry's contract type (tipologiaContrattuale), as `C.01.00` for an internship."""
    employer_id: Key | None = None
    employer_scheme: Scheme = "cf"
    """The host, where it is an internship."""
    promoter_id: Key | None = None
    """Who promotes the internship (cfSoggPromotoreTirocinio)."""
    promoter_scheme: Scheme = "cf"
    started_on: Day
    planned_end_on: Day | None = None
    """The last day agreed, moved by each extension (PRO)."""
    ended_on: Day | None = None
    end_cause: Code | None = None
    """Why it ended, by the ministry's code (cessation cause)."""
    weekly_hours: Hours | None = None
    communications: tuple[Communication, ...] = ()
    """Oldest first."""
    status: EmploymentStatus

    @property
    def person(self) -> Name:
        """The person employed."""
        return Name(self.person_scheme, self.person_id)

    def names(self) -> tuple[Name, ...]:
        """Give the local key, every identifier, and each communication's code."""
        told = (Name("co", communication.code) for communication in self.communications)
        named = (Name(LOCAL, self.employment_id), *(identifier.name for identifier in self.identifiers), *told)
        return tuple(dict.fromkeys(named))

    def needs(self) -> tuple[Need, ...]:
        """Give the pact."""
        return (Need("pact", Name(self.pact_scheme, self.pact_id)),)

    def organisations(self) -> tuple[Name, ...]:
        """Give the employer and the promoter, as far as they are named."""
        named = (
            None if self.employer_id is None else Name(self.employer_scheme, self.employer_id),
            None if self.promoter_id is None else Name(self.promoter_scheme, self.promoter_id),
        )
        return tuple(name for name in named if name is not None)
