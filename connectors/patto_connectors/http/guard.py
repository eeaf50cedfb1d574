"""Judge where a partner's address leads before anything is sent there: at the socket, on the address that is dialled.

A webhook's address is a partner's word. A name may lead to this machine or to a neighbour of it, today or only later
(DNS rebinding), and an address has many spellings. So three doors judge, and the last one cannot be walked around:

1. `judged` reads the address as it was written, and judges hosts that are addresses already;
2. `GuardedResolver` judges every address that a name leads to: one that may not be dialled bars the name;
3. the socket factory of `guarded` judges what is handed to `connect`: aiohttp asks no resolver about literals.
"""

from __future__ import annotations

import errno
import re
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from patto_connectors.errors import Refused

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

    from aiohappyeyeballs import AddrInfoType

_KEPT = 1.0
"""Seconds that an idle connection is kept: common servers close theirs after 2 to 5 without a word, and what is sent at
that moment is lost; and no connection outlives for long the judgement that it was made by."""
Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_LONGEST = 2_048
_BARRED_TEXT = re.compile(r"[\x00-\x20\x7f\\]")
_NUMBER = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)")
"""A last label like this makes the whole host an IPv4 address (WHATWG URL, "ends in a number"), in some spelling."""
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_LONGEST_NAME = 253
_HERE = ("localhost", "local", "internal", "intranet", "lan", "home.arpa", "onion", "alt")
"""Names that never belong to a public service (RFC 6761, RFC 6762, RFC 8375, RFC 9476; ICANN's `internal`)."""
_NEVER = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT (RFC 6598); 100.100.100.200 is a cloud's metadata service
        "168.63.129.16/32",  # a cloud's platform service, on a public address
        "192.0.0.0/24",  # protocol assignments (RFC 6890); 192.0.0.192 is a cloud's metadata service
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        "198.18.0.0/15",
        "240.0.0.0/4",
        "2001::/23",  # protocol assignments, Teredo and ORCHID among them (RFC 2928)
        "2001:db8::/32",
        "3fff::/20",  # documentation (RFC 9637)
    )
)
"""Not reachable or not a partner's, whatever `ipaddress` of this Python says of them."""
_UNICAST_V6 = IPv6Network("2000::/3")
"""All that is given out for global unicast (RFC 4291 section 2.4, IANA)."""
_AS_V4 = (IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96"))
"""What is dialled in IPv4 after all: mapped addresses (RFC 4291 section 2.5.5.2), NAT64 (RFC 6052 section 2.1)."""
_SIX_TO_FOUR = IPv6Network("2002::/16")
_ISATAP = 0x5EFE
"""The upper half of such an interface identifier (RFC 5214 section 6.1), its `u` bit aside; the lower is IPv4."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What may be dialled beyond the public internet, and on which ports."""

    allow: tuple[Network, ...] = ()
    """Networks on the premises that may be dialled too, on any port, and also without TLS: `10.20.0.0/16`."""
    ports: frozenset[int] = frozenset({443, 8443})
    """Ports of public addresses."""


PUBLIC = Rules()


@dataclass(frozen=True, slots=True)
class Judged:
    """An address that may be dialled, as far as its text tells."""

    url: URL
    listed: bool
    """Only `Rules.allow` can let it pass, for it has no TLS, an unusual port or a name of a closed network."""


class Barred(PermissionError):  # noqa: N818 - a word that says what happened
    """An address was about to be dialled that may not be; nothing was sent."""

    def __init__(self) -> None:
        # one text for all addresses: aiohttp merges the failures of several addresses, and keeps those that are equal
        super().__init__(errno.EACCES, "this address may not be dialled")


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Read networks as settings name them.

    Raises:
        ValueError: one is no network, or has bits beyond its length.
    """
    return tuple(ip_network(text) for text in texts)


def judged(text: str, rules: Rules = PUBLIC) -> Judged:
    """Read a partner's address and judge whatever its text tells; the rest is judged when it is dialled.

    Raises:
        Refused: `webhook.address`, with what is wrong; the message quotes no more than the host.
    """
    if len(text) > _LONGEST or _BARRED_TEXT.search(text):
        raise _refused("the address is too long, or holds blanks, control characters or a backslash")
    try:
        url = URL(text)
        host, port, _readable = url.raw_host, url.port, url.host  # a broken `xn--` label fails when it is read
    except ValueError:
        raise _refused("this is no address") from None
    if url.scheme not in ("https", "http") or not host or not text.lower().startswith(f"{url.scheme}://"):
        raise _refused("the address must begin with https://")
    if "@" in re.split(r"[/?#]", text[len(url.scheme) + 3 :], maxsplit=1)[0] or "#" in text:
        raise _refused("the address must hold neither a user, a password nor a `#`")
    literal, name = _host(host)
    listed = url.scheme == "http" or port not in rules.ports or _is_here(name)
    if listed and not rules.allow:
        raise _refused(f"{host}: only https to a public name, on one of the ports {_listing(rules.ports)}")
    if literal is not None and not may_dial(literal, rules, listed=listed):
        raise _refused(f"{host} may not be dialled")
    return Judged(url, listed)


def may_dial(address: Address, rules: Rules = PUBLIC, *, listed: bool = False) -> bool:
    """Say whether an address may be dialled: public unicast, in every dress it wears, or on the list.

    Args:
        address: as it is handed to the socket.
        rules: what is allowed beyond the public internet.
        listed: only the list counts.
    """
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return False
    worn = _worn(address)
    if any(worn[0] in network for network in rules.allow):
        return True
    return not listed and all(_is_public(each) for each in worn)


def guarded(
    rules: Rules,
    *,
    listed: bool = False,
    resolver: AbstractResolver | None = None,
    tls: ssl.SSLContext | bool = True,
    limit: int = 4,
) -> aiohttp.TCPConnector:
    """Make the connections of one session, which dial only what may be dialled; call it where a loop runs.

    Args:
        rules: what is allowed beyond the public internet.
        listed: only the list counts (`Judged.listed`).
        resolver: asks for the addresses of a name; None for the system's.
        tls: what certificates are checked with.
        limit: connections at a time.
    """

    def open_socket(target: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, (host, *_rest) = target
        try:
            allowed = may_dial(ip_address(host), rules, listed=listed)
        except ValueError:  # a name or an odd spelling, which the operating system would resolve by itself
            allowed = False
        if not allowed:
            raise Barred
        return socket.socket(family, kind, protocol)

    return aiohttp.TCPConnector(
        resolver=GuardedResolver(resolver or aiohttp.ThreadedResolver(), rules, listed=listed),
        use_dns_cache=False,  # each connection is judged on the answer that it is dialled by
        socket_factory=open_socket,
        ssl=tls,
        limit=limit,
        keepalive_timeout=_KEPT,
    )


class GuardedResolver(AbstractResolver):
    """Gives the addresses of a name if all of them may be dialled, and else none.

    A name that leads to a public and to a private address is refused whole: that is what rebinding looks like.
    """

    def __init__(self, inner: AbstractResolver, rules: Rules, *, listed: bool) -> None:
        self._inner = inner
        self._rules = rules
        self._listed = listed

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Give the addresses of a name.

        Raises:
            Refused: `webhook.address`: one of them may not be dialled.
            OSError: the name cannot be resolved.
        """
        found = await self._inner.resolve(host, port, family)
        for each in found:
            try:
                allowed = may_dial(ip_address(each["host"]), self._rules, listed=self._listed)
            except ValueError:
                allowed = False
            if not allowed:
                raise _refused(f"{host} leads to an address that may not be dialled")
        return found

    async def close(self) -> None:
        """Release the resolver underneath."""
        await self._inner.close()


def _refused(detail: str) -> Refused:
    hint = "give a public https address; on the premises, list its network in `allow`"
    return Refused("webhook.address", detail, hint=hint)


def _listing(ports: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(ports)))


def _host(host: str) -> tuple[Address | None, str]:
    """Give a host as a literal address, or else as a name without its last dot.

    Raises:
        Refused: it is an address in another spelling than the usual one, or no name.
    """
    name = host.removesuffix(".")
    if ":" in host or _NUMBER.fullmatch(name.rsplit(".", 1)[-1]):
        try:
            return ip_address(host), ""
        except ValueError:
            detail = "the host is an address in an unusual spelling: write it as 203.0.113.7 or [2001:db8::7]"
            raise _refused(detail) from None
    if len(name) > _LONGEST_NAME or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise _refused("the host is no name")
    return None, name


def _is_here(name: str) -> bool:
    """Say whether a name can only be one of a closed network; `name` is empty for a literal address."""
    return bool(name) and ("." not in name or any(name == end or name.endswith(f".{end}") for end in _HERE))


def _worn(address: Address) -> list[Address]:
    """Give the address that is dialled, and one inside it that packets would be handed on to."""
    if isinstance(address, IPv4Address):
        return [address]
    number = int(address)
    low = IPv4Address(number & 0xFFFF_FFFF)
    if any(address in network for network in _AS_V4):
        return [low]
    if address in _SIX_TO_FOUR:
        return [address, IPv4Address((number >> 80) & 0xFFFF_FFFF)]
    if (number >> 32) & 0xFDFF_FFFF == _ISATAP:
        return [address, low]
    return [address]


def _is_public(address: Address) -> bool:
    if any(address in network for network in _NEVER) or not address.is_global:
        return False
    if isinstance(address, IPv6Address):
        return address in _UNICAST_V6
    return not (address.is_multicast or address.is_reserved or address.is_unspecified or address.is_link_local)
