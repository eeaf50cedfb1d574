"""The settings of who may come in, by what besides a key: public keys, certificates, signatures, vouchers."""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from patto_connectors.http.settings import HttpSettings
from patto_hub.settings.kinds import Span, wrong

Profile = Literal[
    "ID_AUTH_REST_01",
    "ID_AUTH_REST_02",
    "INTEGRITY_REST_01",
    "INTEGRITY_REST_02",
    "AUDIT_REST_01",
    "AUDIT_REST_02",
    "PROFILE_NON_REPUDIATION_01",
]
_FILES: Final = frozenset({".pem", ".crt", ".cer"})
_THUMBPRINT: Final = re.compile(r"sha256:[0-9a-f]{64}")


def _listed(value: object) -> object:
    return [value] if isinstance(value, str | dict) else value


def _certificate(value: str) -> str:
    kind, _, rest = value.partition(":")
    if not rest and Path(value).suffix in _FILES:
        return value
    if kind == "sha256":
        value = f"sha256:{rest.replace(':', '').lower()}"
    elif kind == "dns":
        value = f"dns:{rest.lower()}"
    if not (_THUMBPRINT.fullmatch(value) or (kind in {"dns", "subject"} and rest)):
        raise wrong(
            "serve l'impronta del certificato, «sha256:…» con 64 cifre esadecimali, oppure «dns:api.lecce.example»,"
            " «subject:CN=…,O=…» o il suo file, «lecce.pem»",
            "the certificate's fingerprint is needed, sha256: and 64 hex digits, or dns:api.lecce.example, or"
            " subject:CN=…,O=…, or its file, lecce.pem",
        )
    return value


def _proxy(value: str) -> str:
    try:
        return str(ip_address(value))
    except ValueError:
        raise wrong("serve un indirizzo IP, come «10.0.0.5»", "an IP address is needed, as 10.0.0.5") from None


PublicKey = str | dict[str, Any]
"""A public key: a file (JWK, JWK set or PEM), the PEM itself, a JWK, or `{ file = "...", kid = "..." }`."""
PublicKeys = Annotated[tuple[PublicKey, ...], BeforeValidator(_listed)]
CertificateNames = Annotated[
    tuple[Annotated[str, AfterValidator(_certificate)], ...], BeforeValidator(_listed), Field(max_length=4)
]
ProxyAddress = Annotated[str, AfterValidator(_proxy)]


class _Part(BaseModel):
    """A part of the settings: frozen, and a key that it does not name is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class ModiPart(_Part):
    """How a partner signs its requests, and whether the answers to it are signed (ModI)."""

    profiles: tuple[Profile, ...] = ()
    """What each request must fulfil, as `["ID_AUTH_REST_02", "INTEGRITY_REST_02"]`; the integrity profiles hold for
    requests with a body."""
    certificates: tuple[Path, ...] = ()
    """Its certificates, PEM, for tokens that name their key by `x5c` or `x5t#S256`; for those with a `kid` the keys of
    `public_keys` hold."""
    issuer: str = ""
    """Its name in its tokens (`iss`), or its client's identifier at PDND (`client_id`); empty: its name here."""
    voucher: bool = False
    """Whether a voucher of PDND stands in `Authorization` (needs `[web.pdnd]`)."""
    sign_answers: bool = False
    """Whether the answers to it, refusals too, are signed with the key of `[web.modi]`."""

    @model_validator(mode="after")
    def _says_something(self) -> ModiPart:
        if not self.profiles and not self.voucher:
            raise wrong(
                "indicare almeno un profilo in «profiles», o voucher = true",
                "name at least one profile in 'profiles', or set voucher = true",
            )
        if "AUDIT_REST_02" in self.profiles and not self.voucher:
            raise wrong(
                "«AUDIT_REST_02» lega i dati di tracciamento al voucher PDND: serve voucher = true",
                "'AUDIT_REST_02' binds the tracking evidence to PDND's voucher: it needs voucher = true",
            )
        return self


class AccessPart(_Part):
    """What a partner may show besides a key, or must."""

    public_keys: PublicKeys = ()
    """Its public keys, two while they rotate: with the private half it signs its requests for access tokens
    (OAuth 2.0). Each is a file (JWK, JWK set or PEM), a JWK as a table, or `{ file = "new.pem", kid = "2026" }`."""
    certificate: CertificateNames = ()
    """The TLS certificate that it connects with, two while it is renewed: its file (PEM; then its end is known
    too), `sha256:` and its fingerprint, `dns:` and one of its DNS names, or `subject:` and its subject. With one, no
    key or token of the partner opens without it, and it alone opens what `feeds` grants."""
    modi: ModiPart | None = None
    """How it signs its requests; with an identity profile or a voucher a key alone opens nothing."""


class SigningPart(_Part):
    """The hub's own key for signing answers, and its name."""

    key: dict[str, str]
    """The private key, PEM, by reference: `{ file = "/run/credentials/patto.service/modi.pem" }`."""
    key_password: dict[str, str] | None = None
    """What `key` is locked with, by reference."""
    carry: Literal["kid", "x5c", "x5t#S256"] = "kid"
    """How its signatures name it: `kid` at PDND, or its certificate."""
    kid: str = ""
    """Its name at PDND."""
    certificate: Path | None = None
    """Its certificate, PEM; needed for `x5c` and `x5t#S256`."""
    issuer: str = ""
    """`iss` of the answers; empty for the public address."""


class VouchersPart(_Part):
    """PDND, whose vouchers partners bring."""

    keys_url: str = ""
    """Where PDND publishes its public keys, as `https://interop.pagopa.it/.well-known/jwks.json`: they are read every
    quarter of an hour, and when a voucher names one that is not among them."""
    keys_for: Span = Field(default=86_400.0, le=604_800.0)
    """How long the keys that were read last are believed while the address does not answer: `24h`, at most `7d`."""
    keys: Path | None = None
    """Instead of `keys_url`, for a hub that reaches no other server: PDND's public keys in a file, a JWK set; read
    again when it changes."""
    issuer: str = "interop.pagopa.it"
    """`iss` of the vouchers."""
    audience: Annotated[tuple[str, ...], BeforeValidator(_listed)]
    """`aud` of the e-service, as set on the portal."""

    @model_validator(mode="after")
    def _from_one_place(self) -> VouchersPart:
        if bool(self.keys_url) == (self.keys is not None):
            raise wrong("indicare «keys_url» oppure «keys»", "name either 'keys_url' or 'keys'")
        if self.keys_url:
            try:
                HttpSettings(base_url=self.keys_url)
            except ValidationError:
                raise wrong(
                    "«keys_url» è un indirizzo https, come «https://interop.pagopa.it/.well-known/jwks.json»",
                    "'keys_url' is an https address, as https://interop.pagopa.it/.well-known/jwks.json",
                ) from None
        return self
