"""What a partner's HTTP address needs to be told, once per partner: address, patience, limits, who we are."""

from __future__ import annotations

import ipaddress
from datetime import date, time
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator
from yarl import URL

MIB = 1024 * 1024


class Part(BaseModel):
    """A frozen part of the settings; a key that it does not name is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, hide_input_in_errors=True)


def _address(value: str) -> str:
    url = URL(value)
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("must be an address such as https://api.partner.example/v1")
    if url.user or url.password or url.query_string or url.fragment:
        raise ValueError("must hold neither a password nor a question mark; secrets go into `auth`")
    return str(url).rstrip("/")


def _zone(value: str) -> str:
    ZoneInfo(value)
    return value


Address = Annotated[str, AfterValidator(_address)]
Zone = Annotated[str, AfterValidator(_zone)]
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]


class Timeouts(Part):
    """How long to wait, in seconds."""

    connect: float = Field(10.0, gt=0)
    """Until a connection stands, TLS included."""
    read: float = Field(30.0, gt=0)
    """Between two pieces of an answer."""
    total: float = Field(300.0, gt=0)
    """For one whole request, its answer included; repeats have their own."""
    rate: int = Field(1_024, ge=0)
    """Bytes per second that an answer must reach in each `rate_window`; slower ones are ended (slow loris)."""
    rate_window: float = Field(60.0, gt=0)
    """The seconds over which `rate` is taken."""


class Caps(Part):
    """How much an answer may hold."""

    decoded: int = Field(64 * MIB, gt=0)
    """Bytes after decompression."""
    ratio: float = Field(100.0, gt=1)
    """Decoded bytes per byte that travelled, watched after `ratio_after` decoded bytes."""
    ratio_after: int = Field(MIB, ge=0)
    """Decoded bytes from which on `ratio` counts."""


class Repeats(Part):
    """How a failed request is repeated within one run."""

    attempts: int = Field(5, ge=1, le=20)
    """Requests in all, the first included."""
    first: float = Field(0.5, gt=0)
    """Seconds before the second attempt; each further wait is double, with jitter."""
    longest: float = Field(60.0, gt=0)
    """A longer wait is not slept through: the run ends with `Unreachable(retry_after)` and frees its place."""
    cap: float = Field(21_600.0, gt=0)
    """The longest `Retry-After` that is believed: six hours."""


class QuietHours(Part):
    """Hours of the day in which the partner must not be called; `until` may be on the next day."""

    start: time
    """When they begin, as `22:00`."""
    until: time
    """When calls are welcome again, as `06:00`."""
    zone: Zone = "Europe/Rome"
    """Whose hours these are."""


class Budget(Part):
    """How often a partner may be called, by all its jobs together."""

    parallel: int = Field(2, ge=1, le=64)
    """Requests at a time."""
    per_second: int | None = Field(None, ge=1)
    """Calls in any second."""
    per_day: int | None = Field(None, ge=1)
    """Calls in any 24 hours."""
    quiet: tuple[QuietHours, ...] = ()
    """When it must not be called."""


class Tls(Part):
    """Certificates; there is no switch that turns checking off."""

    ca_file: Path | None = None
    """Authorities to trust instead of the system's, PEM; for partners with an authority of their own."""
    certificate: Path | None = None
    """Our client certificate with its chain, PEM (mutual TLS)."""
    key: Path | None = None
    """The private key of `certificate`, PEM."""
    key_password: SecretStr | None = None
    """What `key` is locked with."""


class NoAuth(Part):
    """The partner asks for no credentials."""

    kind: Literal["none"] = "none"


class ApiKey(Part):
    """A key in a header."""

    kind: Literal["api_key"] = "api_key"
    header: HeaderName = "X-Api-Key"
    """The header in which it travels."""
    key: SecretStr
    """The key, by reference: `{ file = "..." }` or `{ env = "..." }`."""


class Basic(Part):
    """User and password."""

    kind: Literal["basic"] = "basic"
    user: str
    """Our user at the partner."""
    password: SecretStr
    """Its password, by reference: `{ file = "..." }` or `{ env = "..." }`."""


class Bearer(Part):
    """A token that does not change."""

    kind: Literal["bearer"] = "bearer"
    token: SecretStr
    """The token, by reference: `{ file = "..." }` or `{ env = "..." }`."""


class ClientCredentials(Part):
    """OAuth 2.0 client credentials (RFC 6749 section 4.4)."""

    kind: Literal["oauth2"] = "oauth2"
    token_url: Address
    """Where tokens are given, as `https://auth.ambito.example/token`."""
    client_id: str
    """Our name there."""
    client_secret: SecretStr
    """Its secret, by reference: `{ file = "..." }` or `{ env = "..." }`."""
    scope: str = ""
    """What is asked for, if the partner wants it said."""
    audience: str = ""
    """For whom the token is, if the partner wants it said."""
    send: Literal["basic", "body"] = "basic"
    """Where id and secret travel: the Authorization header (RFC 6749 section 2.3.1) or the body."""


class Pdnd(Part):
    """A voucher of PDND for one purpose, asked for with an assertion that our registered key signs (RFC 7523)."""

    kind: Literal["pdnd"] = "pdnd"
    token_url: Address
    """Of the environment, for example `https://auth.interop.pagopa.it/token.oauth2`."""
    client_id: str
    """The client's identifier (a UUID), from the PDND portal."""
    purpose_id: str
    """The purpose's identifier (a UUID), from the PDND portal."""
    kid: str
    """The name that PDND gave our public key."""
    key: SecretStr
    """Our private key, RSA, PEM."""
    key_password: SecretStr | None = None
    """What `key` is locked with."""
    key_until: date | None = None
    """The last day on which the key is used; after it the check says so instead of asking."""
    registered_key: str = ""
    """The public key as it was loaded on the portal, PEM: so the check sees when `key` does not belong to it."""
    audience: str = ""
    """`aud` of the assertion; empty for the usual one, the host of `token_url` with `/client-assertion`."""
    life: int = Field(60, ge=10, le=300)
    """Seconds that an assertion lives."""


class Tracking(Part):
    """Who causes our requests (AUDIT_REST_01 and 02): the hub itself, for no person asks through it."""

    user: str = "patto"
    """`userID`, as agreed with the partner."""
    location: str = "hub"
    """`userLocation`: the system, as agreed."""
    level: str = "M2M"
    """`LoA`, as agreed."""


class Signing(Part):
    """How our requests are signed (ModI); goes beside `auth`, of which a voucher of PDND is the usual kind."""

    profiles: Annotated[
        tuple[
            Literal[
                "ID_AUTH_REST_01",
                "ID_AUTH_REST_02",
                "INTEGRITY_REST_01",
                "INTEGRITY_REST_02",
                "AUDIT_REST_01",
                "AUDIT_REST_02",
            ],
            ...,
        ],
        Field(min_length=1),
    ]
    """What is signed, as `["INTEGRITY_REST_02", "AUDIT_REST_02"]`; integrity is signed where there is a body.
    AUDIT_REST_02 goes with `auth` of kind `pdnd`: who causes the requests is bound to the voucher."""
    audience: str
    """`aud`: the partner's service, as agreed or as set on the PDND portal."""
    issuer: str
    """`iss`: our name as agreed, or our client's identifier at PDND."""
    key: SecretStr
    """Our private key, PEM, by reference: `{ file = "..." }` or `{ env = "..." }`."""
    key_password: SecretStr | None = None
    """What `key` is locked with."""
    carry: Literal["kid", "x5c", "x5t#S256"] = "kid"
    """How our signatures name the key: by `kid` at PDND, or by our certificate."""
    kid: str = ""
    """The name that PDND gave our public key."""
    certificate: str = ""
    """Our certificate, PEM, by reference; needed for `x5c` and `x5t#S256`."""
    life: int = Field(120, ge=10, le=300)
    """Seconds that a signature is good for."""
    tracking: Tracking = Tracking()


Auth = Annotated[NoAuth | ApiKey | Basic | Bearer | ClientCredentials | Pdnd, Field(discriminator="kind")]


class HttpSettings(Part):
    """One partner's HTTP address and how to deal with it politely and safely."""

    base_url: Address
    """Where the partner's service starts, for example `https://api.ambito.example/v1`."""
    plain_http: bool = False
    """Allow `http:` beyond this machine: only in a closed network, for personal data travel unprotected."""
    auth: Auth = NoAuth()
    signing: Signing | None = None
    """How requests are signed, where the partner asks for it (ModI)."""
    timeouts: Timeouts = Timeouts()
    caps: Caps = Caps()
    repeats: Repeats = Repeats()
    budget: Budget = Budget()
    tls: Tls = Tls()

    @model_validator(mode="after")
    def _encrypted(self) -> HttpSettings:
        addresses = [self.base_url] + ([self.auth.token_url] if isinstance(self.auth, ClientCredentials | Pdnd) else [])
        for address in addresses:
            if not (self.plain_http or address.startswith("https:") or stays_here(URL(address).host or "")):
                raise ValueError("must begin with https: (set plain_http = true only in a closed network)")
        return self

    @model_validator(mode="after")
    def _one_identity(self) -> HttpSettings:
        signs = self.signing is not None and any(name.startswith("ID_AUTH") for name in self.signing.profiles)
        if signs and not isinstance(self.auth, NoAuth | ApiKey):
            raise ValueError("an ID_AUTH profile needs Authorization for itself: leave out `auth`, or the profile")
        binds = self.signing is not None and "AUDIT_REST_02" in self.signing.profiles
        if binds and not isinstance(self.auth, Pdnd):
            raise ValueError("AUDIT_REST_02 binds its evidence to PDND's voucher: `auth` must be of kind `pdnd`")
        return self


def stays_here(host: str) -> bool:
    """Say whether a host is this machine, or a name that RFC 6761 reserves for tests."""
    if host == "localhost" or host.endswith((".localhost", ".test", ".invalid")):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
