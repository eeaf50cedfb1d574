"""Organisations and the social districts (Ambiti)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from patto_schemas.model.base import LOCAL, Entity, Identifier, Model, Name
from patto_schemas.model.people import Address, Contact
from patto_schemas.model.types import AmbitoCode, Code, Flag, Istat, Key, Label, Scheme, Url, ValidFrom, ValidTo

OrganisationKind = Literal[
    "ambito",
    "municipality",
    "employment_centre",
    "training_provider",
    "third_sector",
    "microcredit_operator",
    "host",
    "region",
]


class Organisation(Entity):
    """A body that takes part: a provider, an employment centre, a cooperative, a host of internships."""

    kind: ClassVar[str] = "organisation"
    key_field: ClassVar[str] = "organisation_id"

    organisation_id: Key
    type: OrganisationKind
    legal_name: Label
    identifiers: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    legal_form: Annotated[str, Field(pattern="^[0-9]{1,2}(\\.[0-9]{1,2}){0,2}$")] | None = None
    """ISTAT legal form in up to three levels, as `1.1.10`."""
    runts_section: Literal["a", "b", "c", "d", "e", "f", "g"] | None = None
    """Section of the third-sector register (D.Lgs. 117/2017 art. 46)."""
    ateco: Annotated[str, Field(pattern="^[0-9A-Z]{1,2}(\\.[0-9]{1,2}){0,2}$")] | None = None
    seat: Address | None = None
    contacts: tuple[Contact, ...] = ()
    homepage: Url | None = None
    parent_id: Key | None = None
    parent_scheme: Scheme = LOCAL
    valid_from: ValidFrom = None
    valid_to: ValidTo = None

    def names(self) -> tuple[Name, ...]:
        """Give the local key and every identifier."""
        return (Name(LOCAL, self.organisation_id), *(identifier.name for identifier in self.identifiers))


class Membership(Model):
    """A municipality's time in a social district."""

    municipality: Istat
    valid_from: ValidFrom = None
    valid_to: ValidTo = None
    confirmed: Flag = True


class Ambito(Entity):
    """A social district: the municipalities that run their social services together."""

    kind: ClassVar[str] = "ambito"
    key_field: ClassVar[str] = "code"

    code: AmbitoCode
    name: Label
    lead_municipality: Istat
    members: tuple[Membership, ...] = ()
    health_district: Code | None = None
    """The local health authority's code of the district."""

    def names(self) -> tuple[Name, ...]:
        """Give the local key and the code, which every partner knows."""
        return (Name(LOCAL, self.code), Name("ambito", self.code))
