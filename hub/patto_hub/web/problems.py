"""What the API answers when it cannot do what was asked: problem+json that says what is wrong, and who can mend it."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic_core import ErrorDetails

MEDIA_TYPE: Final = "application/problem+json"
Owner = Literal["partner", "ambito", "engineer", "region"]


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

    type: str = Field(examples=["urn:patto:problem:cursor-forged"])
    """Stable name of the problem."""
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
    errors: list[FieldError] = []
    """The fields that are wrong, one by one."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A problem that the API knows, in both languages."""

    status: int
    owner: Owner
    title: tuple[str, str]
    todo: tuple[str, str]
    retry: bool = False


KINDS: Final[Mapping[str, Kind]] = {
    "params-invalid": Kind(
        400,
        "partner",
        ("Parametri non validi", "Invalid parameters"),
        ("Correggere i campi elencati in «errors».", "Correct the fields that `errors` lists."),
    ),
    "body-invalid": Kind(
        422,
        "partner",
        ("Contenuto non valido", "Invalid content"),
        ("Correggere i campi elencati in «errors».", "Correct the fields that `errors` lists."),
    ),
    "cursor-forged": Kind(
        400,
        "partner",
        ("Cursore non valido", "Invalid cursor"),
        (
            "Usare il cursore così come è stato ricevuto in «next_cursor», con la stessa chiave e lo stesso flusso.",
            "Send the cursor exactly as `next_cursor` gave it, with the same partner's key and the same feed.",
        ),
    ),
    "key-missing": Kind(
        401,
        "partner",
        ("Chiave di accesso assente o non valida", "Access key missing or not valid"),
        (
            "Inviare la chiave nell'intestazione «Authorization: Bearer …»; se scaduta, chiederne una alla Regione.",
            "Send the key in the header `Authorization: Bearer …`; if it has expired, ask the region for a new one.",
        ),
    ),
    "feed-not-granted": Kind(
        403,
        "region",
        ("Flusso non autorizzato", "Feed not granted"),
        ("Chiedere alla Regione l'accesso a questo flusso.", "Ask the region for access to this feed."),
    ),
    "feed-withheld": Kind(
        403,
        "region",
        ("Flusso sospeso per questo partner", "Feed withheld from this partner"),
        ("Rivolgersi alla Regione, citando il motivo indicato.", "Contact the region and quote the reason given."),
    ),
    "push-not-granted": Kind(
        403,
        "region",
        ("Invio non autorizzato", "Handing in not granted"),
        (
            "Chiedere alla Regione il diritto «push» e una chiave che lo comprenda.",
            "Ask the region for the right `push` and a key that has it.",
        ),
    ),
    "content-empty": Kind(
        400,
        "partner",
        ("Invio vuoto", "Nothing was sent"),
        ("Mettere i dati nel corpo della richiesta.", "Put the data into the body of the request."),
    ),
    "content-broken-off": Kind(
        400,
        "partner",
        ("Invio interrotto", "Broken off"),
        ("Inviare di nuovo, con la stessa Idempotency-Key.", "Send again, under the same Idempotency-Key."),
        retry=True,
    ),
    "content-late": Kind(
        408,
        "partner",
        ("Invio troppo lento", "Too slow"),
        (
            "Inviare di nuovo, con la stessa Idempotency-Key; se la linea è lenta, in parti più piccole.",
            "Send again, under the same Idempotency-Key; over a slow line, in smaller parts.",
        ),
        retry=True,
    ),
    "content-malformed": Kind(
        422,
        "partner",
        ("Contenuto illeggibile", "Unreadable content"),
        (
            "Correggere il formato come descritto nella scheda del flusso, e inviare di nuovo.",
            "Mend the format as the stream's page describes it, and send again.",
        ),
    ),
    "media-type-unsupported": Kind(
        415,
        "partner",
        ("Formato non accettato", "Format not accepted"),
        (
            "Indicare in Content-Type uno dei formati elencati, come «application/json».",
            "Name one of the listed formats in Content-Type, as `application/json`.",
        ),
    ),
    "idempotency-key-invalid": Kind(
        400,
        "partner",
        ("Idempotency-Key non valida", "Invalid Idempotency-Key"),
        ("Usare un UUID nuovo per ogni invio diverso.", "Use a new UUID for each different sending."),
    ),
    "idempotency-key-reused": Kind(
        422,
        "partner",
        ("Idempotency-Key già usata", "Idempotency-Key used before"),
        ("Usare una chiave nuova per un contenuto nuovo.", "Use a new key for a new content."),
    ),
    "local-only": Kind(
        403,
        "engineer",
        ("Solo per gli operatori dell'hub", "For the hub's operators only"),
        (
            "Interrogare l'indirizzo dall'interno della macchina, o con una chiave che comprende «metrics».",
            "Ask from the machine itself, or with a key whose scopes include `metrics`.",
        ),
    ),
    "not-found": Kind(
        404,
        "partner",
        ("Indirizzo inesistente", "No such address"),
        ("Controllare l'indirizzo: gli indirizzi validi sono in /openapi.json.", "See /openapi.json for addresses."),
    ),
    "method-not-allowed": Kind(
        405,
        "partner",
        ("Metodo non ammesso", "Method not allowed"),
        ("Controllare il metodo in /openapi.json.", "See /openapi.json for the methods of each address."),
    ),
    "not-acceptable": Kind(
        406,
        "partner",
        ("Formato non disponibile", "Format not available"),
        (
            "Chiedere nell'intestazione Accept uno dei formati elencati, o finire l'indirizzo con .json, .csv, .xlsx.",
            "Ask for one of the listed formats in the Accept header, or end the address in .json, .csv, .xlsx.",
        ),
    ),
    "cursor-stale": Kind(
        410,
        "partner",
        ("Cursore non più utilizzabile", "Cursor of no use any more"),
        (
            "Ripartire dall'inizio, senza cursore («_links.snapshot»): «id» e «version» evitano doppioni.",
            "Start again without a cursor (`_links.snapshot`): `id` and `version` tell what you hold already.",
        ),
    ),
    "too-large": Kind(
        413,
        "partner",
        ("Richiesta troppo grande", "Request too large"),
        ("Inviare meno dati per richiesta.", "Send less with each request."),
    ),
    "rate-exceeded": Kind(
        429,
        "partner",
        ("Troppe richieste", "Too many requests"),
        (
            "Attendere i secondi indicati da Retry-After, poi riprendere dallo stesso cursore: nulla va perso.",
            "Wait for the seconds that Retry-After says, then go on from the same cursor: nothing is lost.",
        ),
        retry=True,
    ),
    "internal": Kind(
        500,
        "engineer",
        ("Errore interno dell'hub", "Internal error of the hub"),
        (
            "Riprovare più tardi; se continua, comunicare alla Regione il valore di «instance».",
            "Try again later; if it persists, tell the region the value of `instance`.",
        ),
        retry=True,
    ),
    "not-ready": Kind(
        503,
        "engineer",
        ("Hub non pronto", "The hub is not ready"),
        ("Riprovare fra qualche secondo.", "Try again in a few seconds."),
        retry=True,
    ),
}


class Problem(Exception):  # noqa: N818 - RFC 9457's word
    """An answer that is a problem; raised anywhere below the route layer.

    Args:
        code: a key of `KINDS`.
        detail: what happened, in Italian and in English, without personal data.
        errors: the fields that are wrong.
        headers: further headers of the answer.
        links: further members of `_links`, by name.
    """

    def __init__(
        self,
        code: str,
        detail: tuple[str, str],
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        links: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.kind = KINDS[code]
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.links = dict(links or {})

    def body(self, request_id: str) -> dict[str, object]:
        """Give the JSON object of the answer."""
        body = ProblemBody(
            type=f"urn:patto:problem:{self.code}",
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
            errors=list(self.errors),
        ).model_dump(exclude_none=True)
        if self.links:
            body["_links"] = {name: {"href": href} for name, href in self.links.items()}
        return body

    def response(self, request_id: str) -> web.Response:
        """Give the HTTP answer."""
        return web.json_response(
            self.body(request_id), status=self.kind.status, content_type=MEDIA_TYPE, headers=self.headers
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
    "string_too_long": ("al massimo {max_length} caratteri", "at most {max_length} characters"),
    "string_too_short": ("almeno {min_length} caratteri", "at least {min_length} characters"),
    "string_pattern_mismatch": ("il testo non ha la forma prevista", "the text does not have the agreed shape"),
    "literal_error": ("valori ammessi: {expected}", "allowed values: {expected}"),
    "bool_parsing": ("serve «true» o «false»", "`true` or `false` is needed"),
    "json_invalid": ("non è JSON valido", "this is not valid JSON"),
}


def field_error(
    error: ErrorDetails, place: Literal["query", "path", "body"], examples: Mapping[str, str]
) -> FieldError:
    """Say one of pydantic's errors for people; the value that was sent is never repeated (it may be personal)."""
    words = _RULES.get(error["type"], ("valore non valido", "invalid value"))
    context = {name: str(value) for name, value in error.get("ctx", {}).items()}
    detail, detail_en = (each.format_map(context) for each in words)
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
