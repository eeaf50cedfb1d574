"""Give each way in which an HTTP call fails its name: one of the four troubles, a code, who must act."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

from patto_connectors.errors import Malformed, Refused, Trouble, Unreachable
from patto_connectors.http.waits import retry_after

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

FAILURES = (aiohttp.ClientError, OSError, EOFError, ValueError, LookupError, TypeError)
"""What an aiohttp call may raise for what a partner did; a lying charset raises UnicodeDecodeError or LookupError."""

_TLS = {
    9: ("tls.expired", "the partner's certificate is not valid yet"),
    10: ("tls.expired", "the partner's certificate has expired"),
    62: ("tls.name", "the partner's certificate is for another name"),
    64: ("tls.name", "the partner's certificate is for another address"),
}
"""OpenSSL's verification results (x509_vfy.h); all others mean that no trusted authority vouches for it."""
_BELOW: tuple[tuple[tuple[type[BaseException], ...], type[Trouble], str, str, str], ...] = (
    ((aiohttp.ClientConnectorDNSError,), Unreachable, "dns", "the name {} cannot be resolved", "check base_url"),
    ((TimeoutError,), Unreachable, "http.timeout", "{} did not answer in time", ""),
    ((aiohttp.ClientConnectorError,), Unreachable, "tcp", "{} takes no connections", "the partner may be down"),
    ((aiohttp.ClientPayloadError,), Unreachable, "http.truncated", "the answer of {} ends before its end", ""),
    ((UnicodeError, LookupError), Malformed, "http.charset", "the answer of {} is not in the charset it names", ""),
    (
        (aiohttp.InvalidURL,),
        Refused,
        "http.address",
        "{} cannot be called with this address",
        "check base_url and path",
    ),
    ((aiohttp.ClientResponseError, ValueError, TypeError), Malformed, "http.malformed", "{} breaks the HTTP rules", ""),
)
"""What a failure means, the first that fits: kinds of error, trouble, code, words with the host, what to do."""
_PERMANENT = {501, 505}
_PASSING = {408, 423, 425, 429}


def name_failure(error: BaseException, where: str) -> Trouble:
    """Name what went wrong below HTTP's status line.

    Args:
        error: one of `FAILURES`.
        where: the host, without path or query.
    """
    if (tls := _find_tls(error)) is not None:
        return _name_tls(tls, where)
    for kinds, trouble, code, words, hint in _BELOW:
        if isinstance(error, kinds):
            return trouble(code, words.format(where), hint=hint)
    hint = "with https, the partner may be waiting for our client certificate"  # TLS 1.3 tells that after the handshake
    return Unreachable("http.disconnected", f"{where} closed the connection", hint=hint)


def _find_tls(error: BaseException | None) -> ssl.SSLError | None:
    """Look for the TLS error behind a client error, which is an `SSLError` by class only, without its attributes."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, ssl.SSLError) and not isinstance(error, aiohttp.ClientError):
            return error
        inner = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error.__cause__
        error = inner if isinstance(inner, BaseException) else None
    return None


def _name_tls(error: ssl.SSLError, where: str) -> Trouble:
    if isinstance(error, ssl.SSLCertVerificationError):
        code, words = _TLS.get(error.verify_code, ("tls.untrusted", "no trusted authority vouches for the certificate"))
        return Refused(code, f"{where}: {words}", hint="the partner renews it, or sends its authority for tls.ca_file")
    if "CERTIFICATE" in (error.reason or "") or "ALERT_UNKNOWN_CA" in (error.reason or ""):
        hint = "set tls.certificate and tls.key to what the partner registered"
        return Refused("tls.client_certificate", f"{where} does not accept our client certificate", hint=hint)
    return Refused("tls.handshake", f"no encrypted connection with {where} can be agreed on")


def name_status(status: int, headers: Mapping[str, str], where: str, *, now: datetime, cap: float) -> Trouble:
    """Name an answer whose status is not the expected one.

    Args:
        status: of the answer.
        headers: of the answer.
        where: the host.
        now: the wall clock, for a `Retry-After` that is a date.
        cap: the longest wait that is believed, in seconds.
    """
    if 300 <= status < 400:  # noqa: PLR2004 - RFC 9110 section 15.4
        return _name_redirect(headers.get("Location", ""), where)
    if status == 401:  # noqa: PLR2004 - RFC 9110 section 15.5.2
        return Refused("http.credentials", f"{where} does not know our credentials (401)", hint="renew them in `auth`")
    if status == 403:  # noqa: PLR2004 - RFC 9110 section 15.5.4
        return Refused("http.forbidden", f"{where} does not allow this (403)", hint="the partner grants the permission")
    if status in _PASSING or (status >= 500 and status not in _PERMANENT):  # noqa: PLR2004 - RFC 9110 section 15.6
        code = "http.rate" if status == 429 else "http.status"  # noqa: PLR2004 - RFC 6585 section 4
        return Unreachable(code, f"{where} answers {status}", retry_after=retry_after(headers, now, cap))
    return Refused("http.status", f"{where} answers {status}", hint="check path and query with the partner")


def _name_redirect(location: str, where: str) -> Trouble:
    try:
        new = URL(location).host or where
    except ValueError:
        new = "an address that cannot be read"
    return Refused("http.redirect", f"{where} redirects to {new}", hint="if that is right, put it into base_url")
