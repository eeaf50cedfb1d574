"""The reference page of the settings, made from their shape, so that it cannot tell anything else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from patto_hub.settings.kinds import seconds, span
from patto_hub.settings.shape import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

HEAD = """# Settings

Made by `patto config reference` from the code; do not edit by hand.
Each key can also be set in the environment: `PATTO_WEB__PORT=8081` stands for `web.port`.
NAME is what the hub calls the partner, CONNECTOR the name of one of its plugin's connectors.
A length of time is written with its unit: `90s`, `15m`, `2h`, `1d`.

| key | without it | meaning |
| --- | --- | --- |
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of the settings, as the reference lists it."""

    key: str
    default: str
    meaning: str


def entries(model: type[BaseModel] = Settings, under: str = "") -> Iterator[Entry]:
    """Give each key that settings may hold, tables before what stands in them."""
    for name, field in model.model_fields.items():
        key = f"{under}{name}"
        inner, placeholder = _table(field.annotation)
        if field.description:
            yield Entry(key, _default(field, table=inner is not None), " ".join(field.description.split()))
        if inner is not None:
            yield from entries(inner, f"{key}.{placeholder}")


def reference() -> str:
    """Write the whole page."""
    return HEAD + "".join(f"| `{each.key}` | {each.default} | {each.meaning} |\n" for each in entries())


def _table(annotation: Any) -> tuple[type[BaseModel] | None, str]:  # noqa: ANN401 - annotations are of any kind
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, ""
    arguments = get_args(annotation)
    models = [each for each in arguments if isinstance(each, type) and issubclass(each, BaseModel)]
    if not models:
        return None, ""
    placeholder = "" if type(None) in arguments else ("CONNECTOR." if "Job" in models[0].__name__ else "NAME.")
    return models[0], placeholder


def _default(field: FieldInfo, *, table: bool) -> str:
    if field.is_required():
        return "required"
    if table or field.default in (None, "", (), {}, PydanticUndefined):
        return "-"
    if isinstance(field.default, float) and any(getattr(each, "func", None) is seconds for each in field.metadata):
        return f'`"{span(field.default)}"`'
    return f"`{json.dumps(field.default)}`"
