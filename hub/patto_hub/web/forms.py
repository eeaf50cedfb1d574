"""Bodies that are forms: OAuth 2.0 asks for tokens so, and its words for what is wrong are RFC 6749's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from aiohttp import web
from pydantic import BaseModel, ValidationError

from patto_hub.web.packed import read_whole
from patto_hub.web.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

FORM: Final = "application/x-www-form-urlencoded"
_MOST_FIELDS: Final = 20


async def read_form(request: web.Request, model: type[BaseModel]) -> BaseModel:
    """Give a form's fields as the route's model.

    Raises:
        Problem: it is no form, names a field twice, or has not the fields that it must have.
    """
    if request.content_type != FORM:
        raise Problem("media-type-unsupported", (f"Serve un modulo: {FORM}.", f"A form is needed: {FORM}."))
    try:
        pairs = parse_qsl(
            (await read_whole(request)).decode(),
            keep_blank_values=True,
            strict_parsing=True,
            max_num_fields=_MOST_FIELDS,
        )
    except web.HTTPRequestEntityTooLarge:
        raise invalid("invalid_request", "il modulo è troppo grande", "the form is too large") from None
    except ValueError:
        raise invalid("invalid_request", "il modulo non si legge", "the form cannot be read") from None
    if len(dict(pairs)) < len(pairs):
        raise invalid("invalid_request", "un parametro è indicato due volte", "a parameter is there twice")
    try:
        return model.model_validate(dict(pairs))
    except ValidationError as error:
        raise _wrong({str(each["loc"][0]) for each in error.errors(include_input=False)}, dict(pairs)) from None


def invalid(error: str, it: str, en: str) -> Problem:
    """Say that a request for a token is not as it must be."""
    members = {"error": error, "error_description": en}
    return Problem("token-request-invalid", (f"{it}.".capitalize(), f"{en}.".capitalize()), members=members)


def _wrong(names: set[str], sent: Mapping[str, str]) -> Problem:
    """Say what is wrong with the fields of a form, in the words of RFC 6749 section 5.2."""
    listed = sorted(names)
    if "grant_type" in listed and sent.get("grant_type"):
        return invalid(
            "unsupported_grant_type",
            "serve grant_type=client_credentials",
            "only grant_type=client_credentials is known",
        )
    told = ", ".join(listed)
    return invalid("invalid_request", f"parametri assenti o sbagliati: {told}", f"parameters missing or wrong: {told}")
