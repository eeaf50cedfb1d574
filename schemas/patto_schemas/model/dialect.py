"""A partner's dialect as a table: its names for our fields and its words for ours, read into wire models.

    [Pact]
    pact_id = "idPatto"
    goals = "obiettivi"
    status = { name = "stato", words = { attivo = "active", concluso = "completed" } }

    [Goal]
    text = "descrizione"

`dialect(Pact, table)` gives the wire model (see `wire.py`) with the values inside it translated too; `said` goes back.
For what is more than names and words, subclass the wire model or write a translating function.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from types import EllipsisType, MappingProxyType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar, Union, get_args, get_origin

from pydantic_core import PydanticCustomError, core_schema

from patto_schemas.model.base import Model
from patto_schemas.model.wire import wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pydantic import GetCoreSchemaHandler
    from pydantic.fields import FieldInfo

    from patto_schemas.model.base import Entity

E = TypeVar("E", bound="Entity")
Table: TypeAlias = "Mapping[str, Mapping[str, str | Mapping[str, Any]]]"
"""By the canonical class's name: for a field the partner's name, or `{"name": ..., "words": {theirs: ours}}`."""


@dataclass(frozen=True, slots=True)
class Words:
    """The partner's words for canonical ones; another word is refused with the known ones, in its language.

    Whoever keeps the table looks first: the partner may be right, with a word that nobody has entered yet.
    """

    canonical: Mapping[str, str]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:  # noqa: ANN401 - pydantic's protocol
        schema = handler(source)
        ours = _literals(schema)
        known = {word: word for word in ours} | dict(self.canonical)
        allowed = _listed([*self.canonical, *(word for word in ours if word not in self.canonical.values())])

        def read(word: Any) -> Any:  # noqa: ANN401 - whatever the partner sent
            if not isinstance(word, str):
                return word
            if ours and word not in known:
                raise PydanticCustomError("unknown_word", "Input should be a known word", {"expected": allowed})
            return known.get(word, word)

        return core_schema.no_info_before_validator_function(read, schema)


def _literals(schema: Any) -> list[str]:  # noqa: ANN401 - one of many shapes of pydantic's
    """Give the canonical words of a field, where it is a choice of words."""
    while "schema" in schema:
        schema = schema["schema"]
    return [word for word in schema.get("expected", ()) if isinstance(word, str)]


def _listed(words: list[str]) -> str:
    """List words as pydantic does: `'a', 'b' or 'c'`."""
    quoted = [repr(word) for word in words]
    return " or ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)


def read_table(file: Path) -> Table:
    """Read a dialect's table from a TOML file."""
    return MappingProxyType(tomllib.loads(file.read_text(encoding="utf-8")))


def dialect(entity: type[E], table: Table, prefix: str = "Partner") -> type[E]:
    """Make the wire model of an entity in a partner's dialect.

    Args:
        entity: the canonical entity.
        table: the dialect; may serve several entities.
        prefix: goes before the canonical names of the classes made.

    Raises:
        TypeError: the table names a field that its class does not have.
    """
    made = _made(entity, table, prefix)
    if not issubclass(made, entity):
        raise TypeError(f"{entity.__name__} has no entry in the dialect's table")
    return made


def _made(model: type[Model], table: Table, prefix: str) -> type[Model]:
    """Make the wire model of a class: names as aliases, words and inner classes as new types of their fields."""
    entry = table.get(model.__name__, {})
    names = {field: _name(rule) for field, rule in entry.items()}
    namespace: dict[str, Any] = {
        "__module__": __name__,
        "__qualname__": f"{prefix}{model.__name__}",
        "__doc__": model.__doc__,
        "__annotations__": {},
        "model_config": wire(model, **names) | {"use_attribute_docstrings": False},  # there is no source to read
    }
    for field, found in model.model_fields.items():
        annotation = _translated(found.annotation, table, prefix)
        words = _words(entry.get(field, ""))
        if annotation is found.annotation and not words:
            continue
        namespace["__annotations__"][field] = _annotated(annotation, found, words)
        if not found.is_required():
            namespace[field] = found.default
    make: Any = type(model)  # pydantic's metaclass, called as a `class` statement does
    made: type[Model] = make(f"{prefix}{model.__name__}", (model,), namespace)
    return made


def _annotated(annotation: Any, found: FieldInfo, words: Mapping[str, str]) -> Any:  # noqa: ANN401 - a type expression
    parts = (annotation, *found.metadata, *([Words(words)] if words else []))
    return Annotated[parts] if len(parts) > 1 else annotation


def _translated(annotation: Any, table: Table, prefix: str) -> Any:  # noqa: ANN401 - a type expression
    """Put wire models in the place of the classes inside a type expression; the same object if there are none."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return _made(annotation, table, prefix)
    inner = get_args(annotation)
    parts = tuple(part if isinstance(part, EllipsisType) else _translated(part, table, prefix) for part in inner)
    if all(new is old for new, old in zip(parts, inner, strict=True)):
        return annotation
    if get_origin(annotation) in (Union, UnionType):
        return Union[parts]  # noqa: UP007 - of parts that are known at run time only
    if get_origin(annotation) is tuple:
        return tuple.__class_getitem__(parts)
    raise TypeError(f"a dialect cannot look into {annotation}")


def said(entity: Entity, table: Table) -> dict[str, Any]:
    """Give a canonical record as a row in the partner's dialect: what the wire model reads back as the same record."""
    return _said(entity, entity.model_dump(mode="json", exclude_none=True), table)


def _said(model: Model, values: Mapping[str, Any], table: Table) -> dict[str, Any]:
    entry = next((table[each.__name__] for each in type(model).__mro__ if each.__name__ in table), {})
    row = {}
    for field, value in values.items():
        held = getattr(model, field)
        theirs: Any = value
        if isinstance(held, Model):
            theirs = _said(held, value, table)
        elif isinstance(held, tuple) and held and isinstance(held[0], Model):
            theirs = [_said(each, inner, table) for each, inner in zip(held, value, strict=True)]
        elif words := _words(entry.get(field, "")):
            theirs = dict(_turned(words)).get(value, value)
        row[_name(entry.get(field, field))] = theirs
    return row


def _name(rule: str | Mapping[str, Any]) -> str:
    return rule if isinstance(rule, str) else str(rule["name"])


def _words(rule: str | Mapping[str, Any]) -> Mapping[str, str]:
    return {} if isinstance(rule, str) else rule.get("words", {})


def _turned(words: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Give (ours, theirs); of two words for one thing the first is the one that is said."""
    for theirs, ours in reversed(list(words.items())):
        yield ours, theirs
