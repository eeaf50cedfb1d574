"""What each partner may show instead of a key, and what it must show besides; made from the settings at the start."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from patto_hub.clock.calendar import milliseconds
from patto_hub.endings import Ending

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patto_connectors.modi import Keys, Signer, Trust
    from patto_hub.web.callers import Caller
    from patto_hub.web.certificates import Certificate
    from patto_hub.web.voucher_keys import PublishedKeys

REMEMBERED_S: Final = 1.0
"""How long it is remembered whose a key or token is: a revoked one opens nothing more after that."""
_KEPT: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What one partner shows, besides keys."""

    partner: str
    scopes: frozenset[str] = frozenset()
    """What the settings grant it."""
    organisation: int | None = None
    keys: Keys = ()
    """Its public keys: their private halves sign its requests for access tokens."""
    certificates: frozenset[str] = frozenset()
    """Names of its TLS certificates (`sha256:...`, `dns:...`, `subject:...`); with any, one must be shown."""
    endings: tuple[Ending, ...] = ()
    """When those of its TLS certificates end that the settings hold."""
    trust: Trust | None = None
    """What its requests must be signed like (ModI); None where it does not sign."""
    issuer: str = ""
    """Its name in signed tokens."""
    signer: Signer | None = None
    """Signs the answers to it; None where it wants none signed."""
    closed: tuple[str, str] | None = None
    """Why it is let in by no way, in Italian and English: what its settings name cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """The credentials of all partners, and what the hub needs to judge them."""

    partners: Mapping[str, Credentials] = field(default_factory=dict)
    """Only those of whom the settings say more than a name."""
    issuers: Mapping[str, str] = field(default_factory=dict)
    """Name in signed tokens -> partner."""
    certificates: Mapping[str, str] = field(default_factory=dict)
    """Name of a TLS certificate -> partner."""
    proxies: frozenset[str] = frozenset()
    """Addresses of proxies that are believed about certificates and about whom they speak for."""
    address: str = ""
    """Where partners reach the hub, without a slash at its end: the issuer of its access tokens."""
    signer: Signer | None = None
    """The hub's own key, where it has one."""
    own: tuple[Ending, ...] = ()
    """When the hub's own certificates end."""
    voucher_keys: PublishedKeys | None = None
    """PDND's keys, where vouchers are taken."""


@dataclass(slots=True)
class Doorkeeper:
    """Remembers for a moment whose a key or token is, and gathers when keys were used; both without the ledger."""

    remembered_s: float = REMEMBERED_S
    known: OrderedDict[bytes, tuple[float, Caller]] = field(default_factory=OrderedDict)
    shown: dict[str, Ending] = field(default_factory=dict)
    """When the TLS certificate ends that each partner has shown last."""
    uses: dict[int, int] = field(default_factory=dict)
    """Number of a key -> its last use, in milliseconds; written down every minute by `compose.key_watch`."""

    def find(self, text: str, now: float) -> Caller | None:
        """Give whose this key or token was a moment ago; `now` is in monotonic seconds."""
        found = self.known.get(sha256(text.encode()).digest())
        return found[1] if found is not None and now < found[0] else None

    def remember(self, text: str, caller: Caller, now: float) -> None:
        """Remember whose it is; the text itself is not kept."""
        digest = sha256(text.encode()).digest()
        self.known[digest] = (now + self.remembered_s, caller)
        self.known.move_to_end(digest)
        if len(self.known) > _KEPT:
            self.known.popitem(last=False)

    def note(self, partner: str, certificate: Certificate) -> None:
        """Note when the certificate ends that a partner has just shown."""
        at, known = milliseconds(certificate.until), self.shown.get(partner)
        if known is None or known.at != at:
            self.shown[partner] = Ending(at=at, kind="tls_certificate", name=certificate.subject, partner=partner)

    def forget(self) -> None:
        """Ask the ledger again about everybody; for whoever revokes a key in this process."""
        self.known.clear()

    def used(self) -> dict[int, int]:
        """Give the uses gathered so far, and begin anew."""
        gathered, self.uses = self.uses, {}
        return gathered
