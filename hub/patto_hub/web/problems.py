"""What the API answers when it cannot do what was asked: problem+json that says what is wrong, and who can mend it."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from patto_hub.web.kinds import KINDS, Owner
from patto_schemas.catalogue import fill

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic_core import ErrorDetails

MEDIA_TYPE: Final = "application/problem+json"
PAGES: Final = "/problems"
"""Where each problem has its page, by its code; where the hub has no public address, beside the one that was asked."""


class FieldError(BaseModel):
    """One field that is wrong."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    pointer: str
    """JSON pointer (RFC 6901) into the parameters or the body, as `/limit`."""
    place: Literal["query", "path", "body"]
    """Where the pointer starts."""
    code: str
    """Stable name of the rule that was broken."""
    detail: str
    """What is wrong, in Italian."""
    detail_en: str
    """What is wrong, in English."""
    example: str | None = None
    """A right value."""


class ProblemBody(BaseModel):
    """RFC 9457 problem details, with who can mend it and how."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    type: str = Field(examples=["/problems/cursor-forged"])
    """Address of a page that explains the problem, in Italian and English."""
    code: str = Field(examples=["cursor-forged"])
    """Stable name of the problem, for programs."""
    title: str
    """The problem in Italian."""
    title_en: str
    """The problem in English."""
    status: int = Field(ge=100, le=599)
    """HTTP status."""
    detail: str
    """What happened, in Italian."""
    detail_en: str
    """What happened, in English."""
    instance: str
    """Names this answer in our logs: `urn:patto:request:<id>`."""
    who_can_fix: Owner
    """Who can mend it."""
    what_to_do: str
    """What to do next, in Italian."""
    what_to_do_en: str
    """What to do next, in English."""
    retry: bool
    """Whether the same request may succeed later."""
    until: datetime | None = None
    """Until when it holds, where that is known."""
    record: str | None = Field(default=None, examples=["riga 12"])
    """Where the record that is wrong stands in what was sent; what was sent itself is never repeated."""
    errors: list[FieldError] = []
    """The fields that are wrong, one by one."""


class Problem(Exception):  # noqa: N818 - RFC 9457's word
    """An answer that is a problem; raised anywhere below the route layer.

    Args:
        code: a key of `KINDS`.
        detail: what happened, in Italian and in English, without personal data.
        errors: the fields that are wrong.
        headers: further headers of the answer.
        links: further members of `_links`, by name.
        members: extension members (RFC 9457 section 3.2), by name.
        until: until when it holds.
        record: where the record that is wrong stands in what was sent.
    """

    def __init__(  # noqa: PLR0913 - an answer has this many sides
        self,
        code: str,
        detail: tuple[str, str],
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        links: Mapping[str, str] | None = None,
        members: Mapping[str, object] | None = None,
        until: datetime | None = None,
        record: str | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.kind = KINDS[code]
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.links = dict(links or {})
        self.members = dict(members or {})
        self.until = until
        self.record = record

    def body(self, request_id: str, address: str = "") -> dict[str, object]:
        """Give the JSON object of the answer; `address` is where partners reach the hub, if it has a public one."""
        body = ProblemBody(
            type=f"{address}{PAGES}/{self.code}",
            code=self.code,
            title=self.kind.title[0],
            title_en=self.kind.title[1],
            status=self.kind.status,
            detail=self.detail[0],
            detail_en=self.detail[1],
            instance=f"urn:patto:request:{request_id}",
            who_can_fix=self.kind.owner,
            what_to_do=self.kind.todo[0],
            what_to_do_en=self.kind.todo[1],
            retry=self.kind.retry,
            until=self.until,
            record=self.record,
            errors=list(self.errors),
        ).model_dump(mode="json", exclude_none=True)
        body |= self.members
        if self.links:
            body["_links"] = {name: {"href": href} for name, href in self.links.items()}
        return body

    def response(self, request_id: str, address: str = "") -> web.Response:
        """Give the HTTP answer."""
        return web.json_response(
            self.body(request_id, address), status=self.kind.status, content_type=MEDIA_TYPE, headers=self.headers
        )


_HTTP: Final = {404: "not-found", 405: "method-not-allowed", 413: "too-large"}


def of_http(error: web.HTTPException) -> Problem:
    """Say aiohttp's own refusal (no such route, wrong method, body too large) as a problem."""
    code = _HTTP.get(error.status, "params-invalid" if error.status < HTTPStatus.INTERNAL_SERVER_ERROR else "internal")
    headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
    return Problem(code, KINDS[code].title, headers=headers)


_RULES: Final[Mapping[str, tuple[str, str]]] = {
    "missing": ("manca un campo obbligatorio", "a required field is missing"),
    "extra_forbidden": ("campo sconosciuto", "unknown field"),
    "int_parsing": ("serve un numero intero", "a whole number is needed"),
    "int_type": ("serve un numero intero, una volta sola", "one whole number is needed"),
    "greater_than_equal": ("il valore minimo è {ge}", "the lowest value is {ge}"),
    "less_than_equal": ("il valore massimo è {le}", "the highest value is {le}"),
    "string_type": ("serve un testo, una volta sola", "one text is needed"),
    "string_too_long": (
        "al massimo {max_length} {max_length:carattere|caratteri}",
        "at most {max_length} {max_length:character|characters}",
    ),
    "string_too_short": (
        "{min_length:serve|servono} almeno {min_length} {min_length:carattere|caratteri}",
        "at least {min_length} {min_length:character is|characters are} needed",
    ),
    "too_long": (
        "al massimo {max_length} {max_length:elemento|elementi}",
        "at most {max_length} {max_length:item|items}",
    ),
    "too_short": (
        "{min_length:serve|servono} almeno {min_length} {min_length:elemento|elementi}",
        "at least {min_length} {min_length:item is|items are} needed",
    ),
    "string_pattern_mismatch": ("il testo non ha la forma prevista", "the text does not have the agreed shape"),
    "literal_error": ("valori ammessi: {expected}", "allowed values: {expected}"),
    "bool_parsing": ("serve «true» o «false»", "`true` or `false` is needed"),
    "one_of": ("serve uno solo fra: {names}", "exactly one of these is needed: {names}"),
    "json_invalid": ("non è JSON valido", "this is not valid JSON"),
}


def field_error(
    error: ErrorDetails, place: Literal["query", "path", "body"], examples: Mapping[str, str]
) -> FieldError:
    """Say one of pydantic's errors for people; the value that was sent is never repeated (it may be personal)."""
    words = _RULES.get(error["type"], ("valore non valido", "invalid value"))
    detail, detail_en = (fill(each, error.get("ctx", {})) for each in words)
    first = str(error["loc"][0]) if error["loc"] else ""
    return FieldError(
        pointer="".join(f"/{_escaped(part)}" for part in error["loc"]),
        place=place,
        code=error["type"],
        detail=detail,
        detail_en=detail_en,
        example=examples.get(first),
    )


def _escaped(part: str | int) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")
