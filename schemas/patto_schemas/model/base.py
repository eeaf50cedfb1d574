"""What every canonical entity has in common: strictness, a key, the names it answers to and those it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict

from patto_schemas.model.types import Instant, Key, Scheme, Whole

if TYPE_CHECKING:
    from datetime import datetime

LOCAL = "local"
"""The scheme of names that only the sending partner gives meaning to; the hub keeps it as `local:<partner>`."""


class Name(NamedTuple):
    """An identifier as the hub looks things up by: a scheme and a value."""

    scheme: str
    value: str


class Need(NamedTuple):
    """A reference to another entity that must be known before this one can be placed."""

    kind: str
    name: Name


class Model(BaseModel):
    """A frozen value; a key that the schema does not name is refused."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        validate_default=False,
        ser_json_bytes="base64",
        use_attribute_docstrings=True,
    )


class Identifier(Model):
    """A name that somebody gave: a scheme (`cf`, `piva`, `cup`, ...) and the value in it."""

    scheme: Scheme
    value: Key

    @property
    def name(self) -> Name:
        """The identifier as the hub looks it up."""
        return Name(self.scheme, self.value)


class Entity(Model):
    """A thing that partners exchange records of; the hub knows it by (partner, kind, key)."""

    kind: ClassVar[str]
    """The kind's name in feeds, schemas and the ledger, in snake case."""
    key_field: ClassVar[str]
    """The field that holds the key."""

    revision: Annotated[int, Whole(0, 2**53)] | None = None
    """The partner's own version number of this entity; a lower one never overwrites a higher one."""
    modified_at: Instant | None = None
    """When the partner last changed it (business time); orders versions where there is no `revision`."""

    @property
    def key(self) -> str:
        """The entity's key as its partner gives it."""
        return str(getattr(self, self.key_field))

    def names(self) -> tuple[Name, ...]:
        """Give the identifiers by which other records may refer to this entity."""
        return (Name(LOCAL, self.key),)

    def needs(self) -> tuple[Need, ...]:
        """Give the references that must be known before this record can be placed; it waits for them."""
        return ()

    def organisations(self) -> tuple[Name, ...]:
        """Give the organisations that this record names: those who may be told of it."""
        return ()

    def allows(self) -> tuple[tuple[Name, bool], ...]:
        """Give the newest word on each organisation's consent: whether it may be told of this dossier's person."""
        return ()

    def persons(self) -> tuple[Name, ...]:
        """Give the persons whose records belong to the dossier that this record opens, come they before or after."""
        return ()

    def order(self) -> int | None:
        """Give the number that orders versions: the revision, else modified_at in microseconds since 1970."""
        if self.revision is not None:
            return self.revision
        return None if self.modified_at is None else microseconds(self.modified_at)


def microseconds(instant: datetime) -> int:
    """Give an aware instant as whole microseconds since 1970-01-01T00:00Z."""
    return round(instant.timestamp() * 1_000_000)
