"""The JSON Schema (2020-12) of an entity, as generated from its model."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from patto_schemas.model import ENTITIES
from patto_schemas.published.version import NAMESPACE, VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
FORMATS: Final = (
    "Formats are asserted (date, date-time). Texts hold only characters that XML 1.0 can carry. "
    "Readers ignore fields that they do not know; a null field and an absent one mean the same."
)


@lru_cache(maxsize=64)
def json_schema(kind: str) -> Mapping[str, Any]:
    """Give the JSON Schema of an entity.

    Raises:
        KeyError: there is no such entity.
    """
    made = ENTITIES[kind].model_json_schema(mode="validation")
    definitions = {name: _plain(each) for name, each in sorted(made.pop("$defs", {}).items())}
    head = {"$schema": DIALECT, "$id": f"{NAMESPACE}:{kind}", "$comment": FORMATS, "x-version": VERSION}
    return {**head, **_plain(made), **({"$defs": definitions} if definitions else {})}


def _plain(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out generated titles of fields, and defaults that say nothing."""
    properties = {
        name: {
            word: value for word, value in field.items() if word != "title" and (word != "default" or value is not None)
        }
        for name, field in schema.get("properties", {}).items()
    }
    return {**schema, "properties": properties}
