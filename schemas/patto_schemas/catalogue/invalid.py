"""Pydantic's validation errors as issues, without the values that were sent: they may be personal."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from patto_schemas.issues import Issue
from patto_schemas.model import types

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import ValidationError

EXPECTED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "string_type": "testo (text)",
        "bytes_type": "testo (text)",
        "tuple_type": "elenco (list)",
        "list_type": "elenco (list)",
        "model_type": "oggetto (object)",
        "dict_type": "oggetto (object)",
        "model_attributes_type": "oggetto (object)",
        "is_instance_of": "oggetto (object)",
    }
)
"""What should have stood there, for errors of type."""
CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "missing": "field.missing",
        "extra_forbidden": "field.unknown",
        "json_invalid": "json.invalid",
        "string_unicode": "text.encoding",
        "string_too_long": "field.too_long",
        "string_too_short": "field.too_short",
        "too_short": "field.too_few",
        "literal_error": "field.choice",
        "unknown_word": "field.word",
        "whole_number": "field.whole_number",
        "int_type": "field.whole_number",
        "int_parsing": "field.whole_number",
        "int_from_float": "field.whole_number",
        "decimal_amount": "field.amount",
        "decimal_type": "field.amount",
        "decimal_parsing": "field.amount",
        "decimal_max_places": "field.amount",
        "bool_type": "field.yes_no",
        "bool_parsing": "field.yes_no",
    }
)
FAMILIES: Final[Mapping[str, str]] = MappingProxyType(
    {"datetime_": "field.instant", "timezone_": "field.instant", "date_": "field.date"}
)
"""For kinds of error that begin alike."""
SHAPES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        types.DATE_PATTERN: ("field.date", ""),
        types.INSTANT_PATTERN: ("field.instant", ""),
        types.TEXT_PATTERN: ("text.character", ""),
        types.LINE_PATTERN: ("text.character", ""),
        types.KEY_PATTERN: ("key.shape", ""),
        types.ISTAT_PATTERN: ("field.shape", "071024"),
        types.BELFIORE_PATTERN: ("field.shape", "D643"),
        types.AMBITO_PATTERN: ("field.shape", "FG/1"),
        types.POLICY_PATTERN: ("field.shape", "1400000001B"),
        types.PROMOTER_PATTERN: ("field.shape", "D643C000123"),
        types.COMMUNICATION_PATTERN: ("field.shape", "1600021200123456"),
        types.IBAN_PATTERN: ("field.shape", "IT60X0542811101000000123456"),
        types.CURRENCY_PATTERN: ("field.shape", "EUR"),
        types.END_TO_END_PATTERN: ("field.shape", "PR-000042-E01"),
        types.URL_PATTERN: ("field.shape", "https://www.example.org/corsi"),
        types.CLOCK_PATTERN: ("field.shape", "08:30"),
        types.COUNTRY_PATTERN: ("field.shape", "IT"),
        types.LANGUAGE_PATTERN: ("field.shape", "it"),
    }
)
"""For a pattern that did not match: the issue code and an example."""
LONGEST_STEP: Final = 80


def issues_of(error: ValidationError, where: str = "") -> list[Issue]:
    """Give an issue for each thing that pydantic found wrong; `where` is put before each place.

    Never carries what was sent. Places are those of the sender: a wire model's own field names.
    """
    return [
        _issue(each["type"], where + pointer(each["loc"]), each.get("ctx", {}))
        for each in error.errors(include_url=False, include_input=False)
    ]


def pointer(steps: Sequence[str | int]) -> str:
    """Give a JSON pointer of the steps to a place."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')[:LONGEST_STEP]}" for step in steps)


def _issue(kind: str, where: str, context: Mapping[str, Any]) -> Issue:
    if kind == "string_pattern_mismatch":
        code, example = SHAPES.get(context["pattern"], ("field.shape", ""))
        return Issue(code, where, values={"example": example} if example else {})
    if kind in CODES:
        return Issue(CODES[kind], where, values=_values(context))
    if kind in EXPECTED:
        return Issue("field.type", where, values={"expected": EXPECTED[kind]})
    code = next((code for start, code in FAMILIES.items() if kind.startswith(start)), "field.wrong")
    return Issue(code, where)


def _values(context: Mapping[str, Any]) -> dict[str, str]:
    """Take from pydantic's context what the schema says, nothing of what was sent."""
    names = {"max_length": "most", "min_length": "least", "le": "most", "ge": "least", "most": "most"}
    values = {name: str(context[source]) for source, name in names.items() if source in context}
    return values | ({"expected": str(context["expected"]).replace(" or ", ", ")} if "expected" in context else {})
