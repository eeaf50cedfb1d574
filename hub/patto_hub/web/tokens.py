"""OAuth 2.0 for partners' programs: an access token for an assertion that the partner's private key has signed.

RFC 6749 section 4.4 (client credentials), RFC 7523 section 2.2 (private_key_jwt), RFC 8705 section 3 (bound to the
certificate), RFC 8414 (description). Refusals are problem+json like all of ours, with RFC 6749's `error` and
`error_description` as members, so that an OAuth library understands them too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from patto_connectors.modi import Mark, Untrusted, Window
from patto_connectors.modi.claims import check_parties, check_times, text
from patto_connectors.modi.compact import read_compact
from patto_connectors.modi.jws import read_token
from patto_hub.ledger import tokens
from patto_hub.web.access import shown_certificate, stranger, take
from patto_hub.web.endpoints import Access, Call, Nothing, endpoint
from patto_hub.web.forms import FORM, invalid
from patto_hub.web.problems import Problem
from patto_hub.web.signatures import claim_of
from patto_hub.web.site import BASE

if TYPE_CHECKING:
    from patto_hub.web.admission import Credentials
    from patto_hub.web.site import Site

PATH: Final = "/oauth2/token"
ALGORITHMS: Final = frozenset({"RS256", "PS256", "ES256", "EdDSA", "Ed25519"})
KINDS: Final = frozenset({"jwt", "client-authentication+jwt"})


class TokenForm(BaseModel):
    """A request for an access token (RFC 6749 section 4.4.2, RFC 7523 section 2.2), as a form."""

    model_config = ConfigDict(extra="ignore", frozen=True, use_attribute_docstrings=True)

    grant_type: Literal["client_credentials"]
    """The only grant there is."""
    client_assertion_type: Literal["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"]
    """The only kind of assertion there is."""
    client_assertion: str = Field(max_length=16_384, examples=["eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6…"])
    """A JWT that the partner's key signed: `iss` and `sub` the partner's name, `aud` this address, `iat`, `exp` within
    five minutes, a `jti` that was never used, and the key's `kid` in the header."""
    client_id: str = Field(default="", max_length=200, examples=["ambito_lecce"])
    """The partner's name; not needed, the assertion says it."""
    scope: str = Field(default="", max_length=2_000, examples=["pacts enrolments"])
    """The feeds that the token shall open, with blanks between; without it, all that are granted."""


class TokenBody(BaseModel):
    """An access token (RFC 6749 section 5.1)."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    access_token: str = Field(examples=["pattot_5f0d…"])
    """Send it as `Authorization: Bearer …`."""
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the standard's word
    expires_in: int = Field(examples=[tokens.LIFE_S], json_schema_extra={"format": "int32"})
    """Seconds until it ends; ask for the next one then."""
    scope: str = Field(examples=["enrolments pacts"])
    """What it opens, with blanks between."""


class ServerBody(BaseModel):
    """Where and how tokens are given (RFC 8414)."""

    issuer: str
    token_endpoint: str
    jwks_uri: str
    grant_types_supported: list[str]
    response_types_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]
    token_endpoint_auth_signing_alg_values_supported: list[str]
    tls_client_certificate_bound_access_tokens: bool
    scopes_supported: list[str]


class KeySetBody(BaseModel):
    """The hub's public keys (RFC 7517)."""

    keys: list[dict[str, Any]]


@endpoint(
    "POST",
    PATH,
    access=Access.EVERYBODY,
    body=TokenForm,
    takes=(FORM,),
    answers={200: TokenBody},
    problems=(
        "token-request-invalid",
        "token-refused",
        "certificate-missing",
        "feed-withheld",
        "media-type-unsupported",
        "rate-exceeded",
    ),
)
async def access_token(call: Call[Nothing, TokenForm]) -> web.StreamResponse:
    """Give an access token for an assertion that the partner's key has signed; each assertion is good once."""
    form, site = call.body, call.site
    try:
        credentials, mark = _judged(site, form)
        certificate = shown_certificate(site, call.request, credentials)
    except Untrusted as refusal:
        take(site, stranger(site, call.request))
        raise _refused(refusal) from None
    except Problem:
        take(site, stranger(site, call.request))
        raise
    allowance = take(site, f"partner:{credentials.partner}")
    scopes = _scopes(credentials, form.scope)
    try:
        given = await site.ledger.write(
            tokens.give,
            site.world,
            partner=credentials.partner,
            scopes=scopes,
            assertion=mark,
            thumbprint="" if certificate is None else certificate.thumbprint,
        )
    except tokens.TakenBefore:
        raise _refused(Untrusted("modi.replay", "an assertion with this `jti` was taken before")) from None
    body = TokenBody(access_token=given, expires_in=tokens.LIFE_S, scope=" ".join(sorted(scopes)))
    return web.json_response(body.model_dump(), headers=allowance.headers())


@endpoint("GET", "/.well-known/oauth-authorization-server", access=Access.EVERYBODY, answers={200: ServerBody})
async def authorization_server(call: Call[Nothing, Nothing]) -> web.StreamResponse:
    """Say where and how access tokens are given."""
    address = call.site.admission.address
    body = ServerBody(
        issuer=address,
        token_endpoint=f"{address}{BASE}{PATH}",
        jwks_uri=f"{address}/.well-known/jwks.json",
        grant_types_supported=["client_credentials"],
        response_types_supported=[],
        token_endpoint_auth_methods_supported=["private_key_jwt"],
        token_endpoint_auth_signing_alg_values_supported=sorted(ALGORITHMS),
        tls_client_certificate_bound_access_tokens=True,
        scopes_supported=sorted(call.site.feeds),
    )
    return web.json_response(body.model_dump())


@endpoint("GET", "/.well-known/jwks.json", access=Access.EVERYBODY, answers={200: KeySetBody})
async def public_keys(call: Call[Nothing, Nothing]) -> web.StreamResponse:
    """Give the public key that signs the hub's answers, where it signs any."""
    signer = call.site.admission.signer
    found = [] if signer is None else [{**signer.key.key.as_dict(private=False), "use": "sig"}]
    if signer is not None:
        found[0] |= {"alg": signer.key.algorithm, "kid": signer.key.kid or signer.key.key.thumbprint()}
    return web.json_response(KeySetBody(keys=found).model_dump())


ENDPOINTS: Final = (access_token,)
WELL_KNOWN: Final = (authorization_server, public_keys)
"""What stands at the root, where the standards look for it."""


def _judged(site: Site, form: TokenForm) -> tuple[Credentials, Mark]:
    """Judge an assertion; gives whose it is, and what it is to be remembered by.

    Raises:
        Untrusted: what is wrong with it.
    """
    client = form.client_id or claim_of(read_compact(form.client_assertion, ALGORITHMS), "iss")
    credentials = site.admission.partners.get(client)
    if credentials is None or not credentials.keys:
        raise Untrusted("modi.issuer", "no partner of this name asks for tokens")
    now = site.world.now()
    token = read_token(form.client_assertion, credentials.keys, now, algorithms=ALGORITHMS, kinds=KINDS)
    text(token.header, "kid")
    until = check_times(token.claims, now, Window())
    here = site.admission.address
    check_parties(token.claims, frozenset({f"{here}{BASE}{PATH}", here}), client)
    if text(token.claims, "sub") != client:
        raise Untrusted("modi.issuer", "the token's `sub` is not its `iss`")
    return credentials, Mark(token.known.thumbprint, text(token.claims, "jti"), until)


def _scopes(credentials: Credentials, asked: str) -> frozenset[str]:
    wanted = frozenset(asked.split()) or credentials.scopes
    beyond = wanted - credentials.scopes
    if beyond or not wanted:
        known = ", ".join(sorted(credentials.scopes)) or "-"
        raise invalid("invalid_scope", f"ambiti concessi: {known}", f"granted scopes are: {known}")
    return wanted


def _refused(refusal: Untrusted) -> Problem:
    entry = refusal.entry
    return Problem(
        "token-refused",
        (f"{entry.it} {entry.fix_it}", f"{entry.en} {entry.fix_en}"),
        members={"error": "invalid_client", "error_description": entry.en, "cause": refusal.code},
        headers={"WWW-Authenticate": 'Bearer realm="patto"'},
    )
