"""What ends by itself, and when: keys, certificates and rights of partners, and what the hub itself shows to others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final, Literal, get_args

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from pydantic import BaseModel

from patto_connectors.http.settings import Pdnd, Signing, Tls
from patto_hub.clock.calendar import milliseconds
from patto_hub.ledger.keys import DAY_MS, REMINDERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from patto_hub.jobs import Job

PartnerKind = Literal["key", "tls_certificate", "signing_certificate", "webhook_secret", "subscription"]
"""What a partner is told of: what it holds, or what is signed for it."""
HubKind = Literal[
    "hub_tls", "hub_authority", "hub_signing", "pdnd_keys", "our_key", "our_certificate", "their_authority"
]
"""What the hub shows, and what it knows others by."""
Kind = PartnerKind | HubKind
OF_PARTNERS: Final[frozenset[str]] = frozenset(get_args(PartnerKind))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """One thing that ends."""

    at: int
    """In milliseconds since 1970."""
    kind: Kind
    name: str
    """A key's prefix, a certificate's subject, a feed: what people know it by."""
    partner: str = ""
    """Whose it is, or whose streams it serves; empty for the hub's own."""

    def days_left(self, now: int) -> int:
        """Whole days until it ends, rounded up; 0 once it has ended."""
        return max(0, -((now - self.at) // DAY_MS))

    def reminder(self, now: int) -> int | None:
        """Which of the reminders has come: 30, 7 or 1 days before; None while there is time."""
        return min((days for days in REMINDERS if self.days_left(now) <= days), default=None)


def of_certificates(content: bytes, kind: Kind, partner: str = "", *, chain: bool = False) -> list[Ending]:
    """Give when the certificates of a PEM file end: the first one, or with `chain` each; none where there is none."""
    try:
        found = x509.load_pem_x509_certificates(content)
    except ValueError:
        return []
    return [
        Ending(at=milliseconds(each.not_valid_after_utc), kind=kind, name=_called(each), partner=partner)
        for each in (found if chain else found[:1])
    ]


def _called(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string() or f"sha256:{certificate.fingerprint(SHA256()).hex()}"


def of_file(file: Path | None, kind: Kind, partner: str = "", *, chain: bool = False) -> list[Ending]:
    """Give when the certificates in a file end; whether it can be read at all is told elsewhere."""
    try:
        return [] if file is None else of_certificates(file.read_bytes(), kind, partner, chain=chain)
    except OSError:
        return []


def of_jobs(jobs: Iterable[Job], zone: ZoneInfo) -> list[Ending]:
    """Give when that ends by which the hub shows partners who it is; what several streams share is named once."""
    return list(dict.fromkeys(each for job in jobs for each in _of_job(job, zone)))


def _of_job(job: Job, zone: ZoneInfo) -> Iterator[Ending]:
    made = getattr(job.settings, "http", None)
    settings = made() if callable(made) else job.settings
    for part in _parts(settings):
        if isinstance(part, Pdnd) and part.key_until is not None:
            over = datetime.combine(part.key_until + timedelta(days=1), time(), zone)
            yield Ending(at=milliseconds(over), kind="our_key", name=part.kid, partner=job.partner)
        elif isinstance(part, Tls):
            yield from of_file(part.certificate, "our_certificate", job.partner)
            yield from of_file(part.ca_file, "their_authority", job.partner, chain=True)
        elif isinstance(part, Signing):
            yield from of_certificates(part.certificate.encode(), "our_certificate", job.partner)


def _parts(settings: object) -> Iterator[object]:
    """Give settings and all their parts, however deep."""
    yield settings
    if isinstance(settings, BaseModel):
        for name in type(settings).model_fields:
            yield from _parts(getattr(settings, name))
