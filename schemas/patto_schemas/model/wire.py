"""Wire models: a partner's own field names laid over the canonical fields, so that bytes become records in one pass.

A wire model is a subclass of a canonical entity (or of a value inside it) at the partner's edge:

    class DistrictGoal(Goal):
        model_config = wire(Goal, goal_id="idObiettivo", text="descrizione")

    class DistrictPact(Pact):
        model_config = wire(Pact, pact_id="idPatto", signed_on="dataFirma", goals="obiettivi")
        goals: tuple[DistrictGoal, ...] = ()

Fields that are not listed keep their canonical name; canonical names of listed fields are not accepted, and what the
partner sends beyond is kept as an extra. `canonical_json` gives the canonical form back, `extras` what was beyond it.
A partner's dialect of a value (`"sì"`, `31/12/2020`, a number for a key) is another type on that field.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic_core import SchemaSerializer

    from patto_schemas.model.base import Entity, Model


def wire(canonical: type[Model], /, **names: str) -> ConfigDict:
    """Give the configuration of a wire model: the partner's name for each canonical field that it calls otherwise.

    Raises:
        TypeError: `canonical` has no such field, or two fields would read the same name.
    """
    unknown = names.keys() - canonical.model_fields.keys()
    if unknown:
        raise TypeError(f"{canonical.__name__} has no field {', '.join(sorted(unknown))}")
    read = [names.get(field, field) for field in canonical.model_fields]
    twice = {name for name in read if read.count(name) > 1}
    if twice:
        raise TypeError(f"{canonical.__name__}: two fields would read {', '.join(sorted(twice))}")
    return ConfigDict(
        extra="allow",
        validate_by_name=False,
        validate_by_alias=True,
        alias_generator=lambda field: names.get(field, field),
    )


@lru_cache(maxsize=512)
def canonical_class(entity: type[Entity]) -> type[Entity]:
    """Give the canonical entity that a wire model stands for: the oldest ancestor that declares the kind."""
    declaring = [ancestor for ancestor in entity.__mro__ if "kind" in vars(ancestor)]
    if not declaring:
        raise TypeError(f"{entity.__name__} is no entity: it has no kind")
    return declaring[-1]


@lru_cache(maxsize=512)
def _serializer(entity: type[Entity]) -> SchemaSerializer:
    return canonical_class(entity).__pydantic_serializer__


def canonical_json(entity: Entity) -> bytes:
    """Write an entity's canonical fields under their canonical names; the same content gives the same bytes.

    Absent values are left out, empty lists are written. Extras of a wire model are not.
    """
    return _serializer(type(entity)).to_json(entity, exclude_none=True, by_alias=False)


def extras(entity: Model) -> dict[str, Any]:
    """Give what a partner sent beyond the schema, by JSON pointer: `{"/goals/0/priorita": 2}`; mostly empty."""
    if type(entity).model_config.get("extra") != "allow":
        return {}
    return dict(_extras(entity, ""))


def _extras(value: BaseModel, path: str) -> Iterator[tuple[str, Any]]:
    for name, extra in (value.__pydantic_extra__ or {}).items():
        yield f"{path}/{_escaped(name)}", extra
    for name in _holding(type(value)):
        held = value.__dict__[name]
        if isinstance(held, BaseModel):
            yield from _extras(held, f"{path}/{name}")
        elif held:
            for index, item in enumerate(held):
                yield from _extras(item, f"{path}/{name}/{index}")


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


@lru_cache(maxsize=512)
def _holding(model: type[BaseModel]) -> tuple[str, ...]:
    """Give the fields of a model whose values are wire models or lists of them."""
    return tuple(name for name, field in model.model_fields.items() if _holds_wire(field.annotation))


def _holds_wire(annotation: Any) -> bool:  # noqa: ANN401 - any type expression
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation.model_config.get("extra") == "allow" or bool(_holding(annotation))
    return any(_holds_wire(part) for part in getattr(annotation, "__args__", ()))
