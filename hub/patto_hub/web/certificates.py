"""Which TLS certificate a caller has shown: to this process, or to a proxy that is believed (RFC 9440)."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

if TYPE_CHECKING:
    import ssl
    from datetime import datetime

    from aiohttp import web

CLIENT_CERT: Final = "Client-Cert"
"""RFC 9440: the certificate as DER, in base64 between colons."""
ESCAPED_CERT: Final = "X-SSL-Client-Cert"
"""The certificate as PEM, percent-encoded: what nginx has in `$ssl_client_escaped_cert`."""
_SUBJECT: Final = "subject:"
_LARGEST: Final = 16_384


@dataclass(frozen=True, slots=True)
class Certificate:
    """A client's certificate; whoever ended its TLS connection has checked who issued it."""

    names: frozenset[str]
    """`sha256:<hex>`, `dns:<name>` for each of its DNS names, `subject:<RFC 4514>`."""
    thumbprint: str
    """SHA-256 of its DER, in hex."""
    since: datetime
    until: datetime

    @property
    def subject(self) -> str:
        """What people know it by: its subject, or its fingerprint where it has none."""
        found = next((name for name in self.names if name.startswith(_SUBJECT)), _SUBJECT)
        return found.removeprefix(_SUBJECT) or f"sha256:{self.thumbprint}"

    def valid(self, now: datetime) -> bool:
        """Whether it is valid now: a connection may outlive its certificate."""
        return self.since <= now <= self.until


def certificate_of(request: web.Request, proxies: frozenset[str]) -> Certificate | None:
    """Give the certificate that the caller has shown, or None; a header that a stranger sends says nothing."""
    if request.remote in proxies:
        return _told(request)
    tls: ssl.SSLObject | None = request.get_extra_info("ssl_object")
    der = None if tls is None else tls.getpeercert(binary_form=True)
    return None if der is None else _read(der)


def address_of(request: web.Request, proxies: frozenset[str]) -> str:
    """Give the address of whoever calls; behind a believed proxy, the last one that it tells of."""
    remote = request.remote or ""
    told = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return told[:64] if told and remote in proxies else remote


def _told(request: web.Request) -> Certificate | None:
    """Read what a proxy says; a header that came twice was not set by one that strips what clients send."""
    values = [*request.headers.getall(CLIENT_CERT, ()), *request.headers.getall(ESCAPED_CERT, ())]
    if len(values) != 1 or not 0 < len(values[0]) <= _LARGEST:
        return None
    try:
        return _read(_der(values[0].strip()))
    except (ValueError, binascii.Error):
        return None


def _der(value: str) -> bytes:
    if value.startswith(":"):
        return base64.b64decode(value.removeprefix(":").removesuffix(":"), validate=True)
    return x509.load_pem_x509_certificate(unquote(value).encode()).public_bytes(Encoding.DER)


@lru_cache(maxsize=1_000)
def _read(der: bytes) -> Certificate | None:
    try:
        found = x509.load_der_x509_certificate(der)
        thumbprint = sha256(der).hexdigest()
        names = {f"sha256:{thumbprint}", f"{_SUBJECT}{found.subject.rfc4514_string()}"}
        names |= {f"dns:{name.lower()}" for name in _dns(found)}
        return Certificate(frozenset(names), thumbprint, found.not_valid_before_utc, found.not_valid_after_utc)
    except ValueError:
        return None


def _dns(found: x509.Certificate) -> list[str]:
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return names.get_values_for_type(x509.DNSName)
