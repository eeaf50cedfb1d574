"""Writing the published forms into a folder."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from patto_schemas.model import ENTITIES
from patto_schemas.published.json_schema import json_schema
from patto_schemas.published.xsd import xsd

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

Format: TypeAlias = Literal["json-schema", "xsd"]


def json_schema_text(kind: str) -> bytes:
    """Give an entity's JSON Schema as a file: readable, in plain ASCII."""
    return (json.dumps(json_schema(kind), indent=2) + "\n").encode("ascii")


FORMATS: Final[Mapping[Format, tuple[str, Callable[[str], bytes]]]] = MappingProxyType(
    {"json-schema": (".schema.json", json_schema_text), "xsd": (".xsd", xsd)}
)
"""How a file of each format ends, and who writes it."""


def artefact(kind: str, form: Format) -> tuple[str, bytes]:
    """Give the name and the bytes of one published file.

    Raises:
        KeyError: no such entity or format.
    """
    ending, write = FORMATS[form]
    return f"{kind}{ending}", write(kind)


def export(folder: Path, entity: str | None = None, form: Format | None = None) -> list[Path]:
    """Write the published forms, all or those of one entity or one format; give the files in order.

    Raises:
        KeyError: no such entity (`patto_schemas.ENTITIES` names them) or format.
    """
    kinds = [entity] if entity is not None else sorted(ENTITIES)
    forms: list[Format] = [form] if form is not None else list(FORMATS)
    files = [artefact(kind, each) for kind in kinds for each in forms]
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content in files:
        path = folder / name
        path.write_bytes(content)
        written.append(path)
    return written
