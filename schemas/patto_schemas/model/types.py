"""The constrained types that canonical fields are made of, each with the same meaning in JSON, JSON Schema and XSD.

All run inside pydantic-core. In JSON they are strict (a number is no text, `"5"` is no number), so that the published
schemas can say exactly what the models accept; in Python they also take what a translating function has at hand
(a list for a tuple, an ISO text for a date).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import StringConstraints
from pydantic_core import core_schema as cs

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue

WIDE: Final = "\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff"
"""What XML 1.0 (fifth edition, production 2) can carry beyond ASCII, without the C1 control characters."""
TEXT_PATTERN: Final = f"^[\t\n\r -\u009f{WIDE}]*$"
LINE_PATTERN: Final = f"^[ -~{WIDE}]*$"
KEY_PATTERN: Final = f"^[!-~{WIDE}]([ -~{WIDE}]*[!-~{WIDE}])?$"
_DATE: Final = "([1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
DATE_PATTERN: Final = f"^{_DATE}$"
"""Years 0001 to 9999: XSD and pydantic know no year 0, RFC 3339 does."""
INSTANT_PATTERN: Final = (
    f"^{_DATE}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{{1,6}})?(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))$"
)
ISTAT_PATTERN: Final = "^[0-9]{6}$"
BELFIORE_PATTERN: Final = "^[A-Z][0-9]{3}$"
AMBITO_PATTERN: Final = "^(FG|BT|BA|BR|TA|LE)/[0-9]{1,2}$"
POLICY_PATTERN: Final = "^[0-9]{2}[0-9A-F]{8}[A-Z]$"
PROMOTER_PATTERN: Final = "^[A-Z][0-9]{3}[A-Z][0-9]{6}$"
COMMUNICATION_PATTERN: Final = "^[A-Z0-9]{16}$"
IBAN_PATTERN: Final = "^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$"
CURRENCY_PATTERN: Final = "^[A-Z]{3}$"
END_TO_END_PATTERN: Final = "^[!-~]{1,35}$"
URL_PATTERN: Final = "^https?://[!-~]+$"
LANGUAGE_PATTERN: Final = "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
COUNTRY_PATTERN: Final = "^[A-Z]{2}$"
CLOCK_PATTERN: Final = "^([01][0-9]|2[0-3]):[0-5][0-9]$"
SCHEME_PATTERN: Final = "^[a-z][a-z0-9_]*(:[A-Za-z0-9._-]+)?$"
CODE_PATTERN: Final = "^[A-Za-z0-9][A-Za-z0-9._:/+-]*$"
OPEN_START: Final = date(1900, 1, 1)
"""A validity that starts here or before has always been open (01/01/1900 in the SAP rules and in XCRI samples)."""
OPEN_END: Final = date(2099, 12, 31)
"""A validity that ends here or after has no end (31/12/2099 in the SAP rules, 31-12-9999 in OntoPiA)."""

Text = Annotated[str, StringConstraints(max_length=4000, pattern=TEXT_PATTERN)]
"""Free text, several lines allowed; every character that XML can carry, so that it can be served in every format."""
Label = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=LINE_PATTERN)]
"""One line of text: a name, a title, a street."""
Key = Annotated[str, StringConstraints(max_length=120, pattern=KEY_PATTERN)]
"""A key or the value of an identifier, as its owner writes it: one line, no blank at either end."""
Scheme = Annotated[str, StringConstraints(max_length=80, pattern=SCHEME_PATTERN)]
"""The scheme of an identifier: one of `codes/schemes.csv`, or `local:<partner>`."""
Code = Annotated[str, StringConstraints(max_length=40, pattern=CODE_PATTERN)]
"""A code of a code list; whether the list has it at a date is a rule's business, as lists change."""
Istat = Annotated[str, StringConstraints(pattern=ISTAT_PATTERN)]
"""An Italian municipality by its ISTAT code, as `071024`."""
Belfiore = Annotated[str, StringConstraints(pattern=BELFIORE_PATTERN)]
"""A municipality or a country by its cadastral code, as `D643` or `Z129`."""
AmbitoCode = Annotated[str, StringConstraints(pattern=AMBITO_PATTERN)]
"""A social district by province and number, as `FG/1`."""
PolicyId = Annotated[str, StringConstraints(pattern=POLICY_PATTERN)]
"""An active policy of the SAP's section 6: sender (2 digits), sequence (8 hexadecimal digits), check letter."""
PromoterCode = Annotated[str, StringConstraints(pattern=PROMOTER_PATTERN)]
"""An employment centre or accredited body: cadastral code, a letter, six digits, as `G337C000409`."""
CommunicationCode = Annotated[str, StringConstraints(pattern=COMMUNICATION_PATTERN)]
"""A mandatory communication (comunicazione obbligatoria) by its code of 16 characters, as `1600021200123456`."""
Iban = Annotated[str, StringConstraints(pattern=IBAN_PATTERN)]
"""An account by its IBAN, without blanks (ISO 13616); its check digits are a rule's business."""
Currency = Annotated[str, StringConstraints(pattern=CURRENCY_PATTERN)]
"""A currency by ISO 4217, as `EUR`."""
EndToEndId = Annotated[str, StringConstraints(pattern=END_TO_END_PATTERN)]
"""What links a payment order to its movements, from the debtor's system to the statement (ISO 20022, Max35Text)."""
Url = Annotated[str, StringConstraints(max_length=2000, pattern=URL_PATTERN)]
"""A web address, already percent-encoded."""
Language = Annotated[str, StringConstraints(pattern=LANGUAGE_PATTERN, max_length=20)]
"""A language tag of BCP 47, as `it`."""
Country = Annotated[str, StringConstraints(pattern=COUNTRY_PATTERN)]
"""A country by ISO 3166-1 alpha-2, as `IT`."""
Clock = Annotated[str, StringConstraints(pattern=CLOCK_PATTERN)]
"""A time of the day in local time, as `08:30`."""
Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
"""A document by the SHA-256 of its bytes, in hex."""


def _json(python: cs.CoreSchema, schema: cs.CoreSchema, written: cs.SerSchema) -> cs.CoreSchema:
    return cs.json_or_python_schema(json_schema=schema, python_schema=python, serialization=written)


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from `ge` to `le`; in JSON `5` and `5.0` are the same number, `"5"` and `true` are none."""

    ge: int = 0
    le: int = 2**53

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> cs.CoreSchema:  # noqa: ANN401 - pydantic's protocol
        whole = cs.int_schema(strict=True, ge=self.ge, le=self.le)
        as_float = cs.float_schema(strict=True, ge=self.ge, le=self.le, multiple_of=1, allow_inf_nan=False)
        strict = cs.union_schema(
            [whole, cs.chain_schema([as_float, cs.int_schema()])],
            mode="left_to_right",
            custom_error_type="whole_number",
            custom_error_message="Input should be a whole number from {ge} to {le}",
            custom_error_context={"ge": self.ge, "le": self.le},
        )
        return _json(cs.int_schema(ge=self.ge, le=self.le), strict, cs.simple_ser_schema("int"))

    def __get_pydantic_json_schema__(self, schema: cs.CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "integer", "minimum": self.ge, "maximum": self.le}


@dataclass(frozen=True, slots=True)
class Amount:
    """A decimal from 0 with `digits` before the point and at most two after; in JSON a text or a number.

    Written always as text with two places (`"500.00"`): a binary number would not bring every amount back exactly.
    """

    digits: int

    @property
    def pattern(self) -> str:
        """The shape of the text, anchored."""
        return f"^(0|[1-9][0-9]{{0,{self.digits - 1}}})(\\.[0-9]{{1,2}})?$"

    @property
    def most(self) -> Decimal:
        """The highest amount."""
        return Decimal(10) ** self.digits - Decimal("0.01")

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> cs.CoreSchema:  # noqa: ANN401 - pydantic's protocol
        bounded = cs.decimal_schema(ge=Decimal(0), le=self.most, decimal_places=2, allow_inf_nan=False)
        number = cs.float_schema(strict=True, ge=0, allow_inf_nan=False)
        strict = cs.union_schema(
            [
                cs.chain_schema([cs.str_schema(pattern=self.pattern), cs.decimal_schema()]),
                cs.chain_schema([number, bounded]),
            ],
            mode="left_to_right",
            custom_error_type="decimal_amount",
            custom_error_message="Input should be an amount from 0 to {most} with at most two decimals",
            custom_error_context={"most": str(self.most)},
        )
        written = cs.plain_serializer_function_ser_schema(
            two_places, return_schema=cs.str_schema(), when_used="json-unless-none"
        )
        return _json(bounded, strict, written)

    def __get_pydantic_json_schema__(self, schema: cs.CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        number = {"type": "number", "minimum": 0, "maximum": float(self.most), "multipleOf": 0.01}
        return {"anyOf": [{"type": "string", "pattern": self.pattern}, number]}


def two_places(amount: Decimal) -> str:
    """Write an amount with two decimals and no sign, as `500.00`: equal amounts give equal bytes."""
    return f"{abs(amount):.2f}"


@dataclass(frozen=True, slots=True)
class IsoDate:
    """A calendar day as `2020-01-31`; in JSON nothing else (pydantic alone takes `"0"` for 1 January 1970)."""

    opens: bool = False
    """Read 1 January 1900 and before as None: always been so."""
    closes: bool = False
    """Read 31 December 2099 and after as None: no end."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> cs.CoreSchema:  # noqa: ANN401 - pydantic's protocol
        strict = cs.chain_schema([cs.str_schema(pattern=DATE_PATTERN), cs.date_schema()])
        day = _json(cs.date_schema(), strict, cs.simple_ser_schema("date"))
        if not (self.opens or self.closes):
            return day
        within = cs.date_schema(gt=OPEN_START if self.opens else None, lt=OPEN_END if self.closes else None)
        real = cs.with_default_schema(within, default=None, on_error="default")
        return cs.nullable_schema(cs.chain_schema([day, real]))

    def __get_pydantic_json_schema__(self, schema: cs.CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        day = {"type": "string", "format": "date", "pattern": DATE_PATTERN}
        return {"anyOf": [day, {"type": "null"}]} if self.opens or self.closes else day


@dataclass(frozen=True, slots=True)
class IsoInstant:
    """An instant with its offset as RFC 3339 writes it, to the microsecond: `2020-01-31T08:30:00+01:00`."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> cs.CoreSchema:  # noqa: ANN401 - pydantic's protocol
        aware = cs.datetime_schema(tz_constraint="aware")
        strict = cs.chain_schema([cs.str_schema(pattern=INSTANT_PATTERN), aware])
        return _json(aware, strict, cs.simple_ser_schema("datetime"))

    def __get_pydantic_json_schema__(self, schema: cs.CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "format": "date-time", "pattern": INSTANT_PATTERN}


@dataclass(frozen=True, slots=True)
class Boolean:
    """True or false; in JSON nothing else (`"true"`, `1` and `"sì"` are the partner's dialect, for its plugin)."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> cs.CoreSchema:  # noqa: ANN401 - pydantic's protocol
        return _json(cs.bool_schema(), cs.bool_schema(strict=True), cs.simple_ser_schema("bool"))

    def __get_pydantic_json_schema__(self, schema: cs.CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "boolean"}


Day = Annotated[date, IsoDate()]
"""A calendar day."""
ValidFrom = Annotated[date | None, IsoDate(opens=True)]
"""The first day of a validity; None (also 01/01/1900) for one that has always been."""
ValidTo = Annotated[date | None, IsoDate(closes=True)]
"""The last day of a validity; None (also 31/12/2099 and 31/12/9999) for one without end."""
Instant = Annotated[datetime, IsoInstant()]
"""An instant with its offset from UTC."""
Flag = Annotated[bool, Boolean()]
"""Yes or no."""
Money = Annotated[Decimal, Amount(11)]
"""An amount of euro (or of the currency beside it), 13 digits with two decimals as IGRUE's dec(13,2)."""
Hours = Annotated[Decimal, Amount(5)]
"""A number of hours with two decimals."""
Rate = Annotated[Decimal, Amount(3)]
"""A percentage with two decimals."""
Count = Annotated[int, Whole(0, 1_000_000)]
"""A whole number from 0."""
