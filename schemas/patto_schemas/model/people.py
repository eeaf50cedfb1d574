"""Persons, and the consents by which their data may cross from one domain to another."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from patto_schemas.model.base import LOCAL, Entity, Identifier, Model, Name, Need
from patto_schemas.model.types import (
    Belfiore,
    Code,
    Count,
    Country,
    Day,
    Flag,
    Instant,
    Istat,
    Key,
    Label,
    Scheme,
    ValidTo,
)

Domain = Literal["social", "labour", "training", "third_sector", "credit", "region"]
"""The part of the programme that an organisation works in."""
SOCIAL: Final = "social"
"""The domain of pacts: what a consent must name to open one."""


class Address(Model):
    """Where somebody lives or sits."""

    municipality: Istat | None = None
    """ISTAT code; never a cadastral code (INPS open data confuse the two)."""
    locality: Label | None = None
    street: Label | None = None
    postcode: Annotated[str, Field(pattern="^[0-9]{5}$")] | None = None
    country: Country = "IT"


class Contact(Model):
    """A way to reach somebody."""

    channel: Literal["phone", "mobile", "email", "pec", "other"]
    value: Label


class BirthPlace(Model):
    """Where somebody was born: a municipality or a foreign country by its cadastral code, or the country alone."""

    belfiore: Belfiore | None = None
    country: Country | None = None


class Permit(Model):
    """A residence permit."""

    type: Code
    number: Label | None = None
    expires_on: ValidTo = None


class Person(Entity):
    """A person who takes part in a pact, or a member of the household."""

    kind: ClassVar[str] = "person"
    key_field: ClassVar[str] = "person_id"

    person_id: Key
    """The partner's own key; a tax code is an identifier, never a key."""
    identifiers: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    """`cf` where there is one."""
    given_name: Label
    family_name: Label
    sex: Literal["M", "F"]
    birth_date: Day
    birth_place: BirthPlace | None = None
    citizenship: Country | None = None
    citizenship_code: Annotated[str, Field(pattern="^[0-9]{3}$")] | None = None
    """The ministry's three digits, 000 for Italian (SAP `codcittadinanza`)."""
    residence: Address | None = None
    domicile: Address | None = None
    contacts: tuple[Contact, ...] = ()
    education: Code | None = None
    """OntoPiA education level, as `LSE`."""
    education_igrue: Annotated[str, Field(pattern="^[0-9A-Z]{1,3}$")] | None = None
    """IGRUE table TC28."""
    labour_status: Code | None = None
    """Labour condition at the programme's entry questionnaire, as `U1` (`codes/labour_statuses.csv`)."""
    job_search_months: Count | None = None
    household_type: Code | None = None
    """Family situation of the entry questionnaire, 1..5."""
    housing_disadvantage: Flag | None = None
    vulnerable_group: Annotated[str, Field(pattern="^[0-9A-Z]{1,3}$")] | None = None
    """IGRUE table TC31; special-category data."""
    disability: Flag | None = None
    permit: Permit | None = None

    def names(self) -> tuple[Name, ...]:
        """Give the local key and every identifier."""
        return (Name(LOCAL, self.person_id), *(identifier.name for identifier in self.identifiers))


class ConsentGiven(Model):
    """A consent inside a pact: whether one organisation may know what one domain says of the person."""

    organisation_scheme: Scheme
    organisation_id: Key
    from_domain: Domain
    granted: Flag
    """False for a refusal or a withdrawal."""
    at: Instant
    recorded_by: Key | None = None
    """The operator who recorded it, by the partner's own key; never a person's name."""

    @property
    def organisation(self) -> Name:
        """The organisation that may know."""
        return Name(self.organisation_scheme, self.organisation_id)


class Consent(Entity):
    """A consent as a record of its own, where a partner sends consents apart from pacts."""

    kind: ClassVar[str] = "consent"
    key_field: ClassVar[str] = "consent_id"

    consent_id: Key
    person_id: Key
    person_scheme: Scheme = "cf"
    pact_id: Key | None = None
    """The pact that it is limited to; None for every pact of the person."""
    pact_scheme: Scheme = LOCAL
    organisation_scheme: Scheme
    organisation_id: Key
    from_domain: Domain
    granted: Flag
    at: Instant
    recorded_by: Key | None = None

    @property
    def person(self) -> Name:
        """The person who consents."""
        return Name(self.person_scheme, self.person_id)

    @property
    def organisation(self) -> Name:
        """The organisation that may know."""
        return Name(self.organisation_scheme, self.organisation_id)

    def organisations(self) -> tuple[Name, ...]:
        """Give the organisation that the consent is for, if it opens something."""
        return (self.organisation,) if self.granted and self.from_domain == SOCIAL else ()

    def allows(self) -> tuple[tuple[Name, bool], ...]:
        """Give the consent itself; one for another domain than the pact's, social, opens nothing by itself."""
        return ((self.organisation, self.granted),) if self.from_domain == SOCIAL or not self.granted else ()

    def needs(self) -> tuple[Need, ...]:
        """Give the pact that it is limited to."""
        return () if self.pact_id is None else (Need("pact", Name(self.pact_scheme, self.pact_id)),)
