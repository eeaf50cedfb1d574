"""From the settings to who may come in by what; a partner whose keys cannot be read is shut out, and no other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from patto_connectors.modi import Profile, Signer, Trust, Vouchers, known_certificate, signing_key
from patto_hub.compose.public_keys import Wrong, content_of, read_public, told_at
from patto_hub.compose.voucher_keys import published_keys
from patto_hub.endings import of_certificates, of_file
from patto_hub.settings.mistakes import Mistake
from patto_hub.settings.references import NoSecret, resolve
from patto_hub.web.admission import Admission, Credentials
from patto_hub.web.site import BASE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from patto_connectors.modi import Keys, Known, Seen
    from patto_hub.endings import Ending, Kind
    from patto_hub.settings.access import AccessPart, ModiPart
    from patto_hub.settings.read import Configuration
    from patto_hub.web.voucher_keys import PublishedKeys

_PARTNERS: Final = "partners"


def make_admission(
    configuration: Configuration, organisations: Mapping[str, int | None], seen: Seen
) -> tuple[Admission, list[Mistake]]:
    """Make what the web side judges callers by.

    Args:
        configuration: the settings; files are looked for beside theirs.
        organisations: number of the organisation that each partner reads for.
        seen: remembers signed tokens.

    Returns:
        It, and what is wrong: a partner named there is let in by no way.
    """
    web = configuration.settings.web
    made = Admission(
        proxies=frozenset(web.proxies), address=address(configuration), own=tuple(_own_endings(configuration))
    )
    mistakes: list[Mistake] = []
    try:
        made = replace(made, signer=_signer(configuration))
    except Wrong as wrong:
        mistakes.append(_mistake(configuration, ("web", *wrong.path), wrong))
    try:
        made = replace(made, voucher_keys=published_keys(configuration))
    except Wrong as wrong:
        mistakes.append(_mistake(configuration, ("web", *wrong.path), wrong))
    partners: dict[str, Credentials] = {}
    issuers: dict[str, str] = {}
    certificates: dict[str, str] = {}
    for name, part in configuration.settings.partners.items():
        if not (part.access.public_keys or part.access.certificate or part.access.modi):
            continue
        known = Credentials(partner=name, scopes=frozenset(part.opens), organisation=organisations.get(name))
        try:
            own = _credentials(configuration, made, known, part.access, seen)
            _alone(("access", "modi", "issuer"), (own.issuer,) if own.trust else (), issuers, name)
            _alone(("access", "certificate"), own.certificates, certificates, name)
        except Wrong as wrong:
            mistake = _mistake(configuration, (_PARTNERS, name, *wrong.path), wrong)
            mistakes.append(mistake)
            own = replace(known, closed=_closed())
        partners[name] = own
    return replace(made, partners=partners, issuers=issuers, certificates=certificates), mistakes


def shut_out(admission: Admission, known: Iterable[str], named: Collection[str]) -> Admission:
    """Let those in by no way whom the ledger still knows and the settings no longer name."""
    words = (
        "Il partner non è più nelle impostazioni dell'hub.",
        "The partner is no longer in the hub's settings.",
    )
    gone = {name: Credentials(partner=name, closed=words) for name in known if name not in named}
    return replace(admission, partners={**admission.partners, **gone})


def address(configuration: Configuration) -> str:
    """Give the address that tokens are meant for: the public one, else where the settings say that the hub listens."""
    web = configuration.settings.web
    scheme = "http" if web.tls_certificate is None else "https"
    return web.public_url.rstrip("/") or f"{scheme}://{web.host}:{web.port}"


def _credentials(
    configuration: Configuration, made: Admission, known: Credentials, part: AccessPart, seen: Seen
) -> Credentials:
    folder = configuration.file.parent
    public: list[Known] = []
    for value in part.public_keys:
        public += read_public(value, folder)
    if len({each.kid for each in public}) < len(public):
        raise Wrong(
            ("access", "public_keys"), "due chiavi hanno lo stesso «kid»", "two of the keys have the same 'kid'"
        )
    files = [name for name in part.certificate if ":" not in name]
    held = {name: content_of(("access", "certificate"), folder / name) for name in files}
    own = replace(
        known,
        keys=tuple(public),
        certificates=frozenset(map(_fingerprint, held.values())) | frozenset(part.certificate).difference(held),
        endings=tuple(each for pem in held.values() for each in of_certificates(pem, "tls_certificate", known.partner)),
    )
    if part.modi is None:
        return own
    issuer = part.modi.issuer or known.partner
    vouchers = _vouchers(configuration, made.voucher_keys) if part.modi.voucher else None
    trust = replace(_trust(configuration, part.modi, own.keys, issuer, seen), vouchers=vouchers)
    return replace(own, trust=trust, issuer=issuer, signer=_answers_signed_by(part.modi, made.signer))


def _fingerprint(pem: bytes) -> str:
    """Give what a TLS certificate of the settings is recognised by, whatever its key is."""
    try:
        found = x509.load_pem_x509_certificate(pem)
    except ValueError:
        raise Wrong(
            ("access", "certificate"),
            "il file non contiene un certificato PEM: «-----BEGIN CERTIFICATE-----»",
            "the file holds no certificate in PEM: -----BEGIN CERTIFICATE-----",
        ) from None
    return f"sha256:{found.fingerprint(SHA256()).hex()}"


def _own_endings(configuration: Configuration) -> Iterator[Ending]:
    """Give when the hub's own certificates end: those that it shows, and those by which it knows others."""
    web, folder = configuration.settings.web, configuration.file.parent
    signing = None if web.modi is None else web.modi.certificate
    files: tuple[tuple[Path | None, Kind], ...] = (
        (web.tls_certificate, "hub_tls"),
        (signing, "hub_signing"),
        (web.client_ca, "hub_authority"),
    )
    for file, kind in files:
        if file is not None:
            yield from of_file(folder / file, kind, chain=kind == "hub_authority")


def _trust(configuration: Configuration, part: ModiPart, public: Keys, issuer: str, seen: Seen) -> Trust:
    folder = configuration.file.parent
    path = ("access", "modi", "certificates")
    with told_at(path):
        pinned = tuple(known_certificate(content_of(path, folder / file)) for file in part.certificates)
    profiles = frozenset(Profile(name) for name in part.profiles)
    if profiles and not public and not pinned:
        raise Wrong(
            ("access", "public_keys"),
            "mancano le chiavi con cui il partner firma: «public_keys», o «certificates» in «modi»",
            "the keys with which the partner signs are missing: 'public_keys', or 'certificates' in 'modi'",
        )
    return Trust(
        keys=(*public, *pinned),
        profiles=profiles,
        audience=frozenset({f"{address(configuration)}{BASE}", *_voucher_audience(configuration)}),
        issuer=issuer,
        seen=seen,
    )


def _voucher_audience(configuration: Configuration) -> tuple[str, ...]:
    pdnd = configuration.settings.web.pdnd
    return () if pdnd is None else pdnd.audience


def _vouchers(configuration: Configuration, published: PublishedKeys | None) -> Vouchers:
    part = configuration.settings.web.pdnd
    path = ("access", "modi", "voucher")
    if part is None:
        raise Wrong(path, "«voucher» ha bisogno di [web.pdnd]", "'voucher' needs [web.pdnd]")
    if published is None:
        raise Wrong(path, "le chiavi di [web.pdnd] non si possono usare", "the keys of [web.pdnd] cannot be used")
    return Vouchers(keys=published, issuer=part.issuer, audience=frozenset(part.audience))


def _answers_signed_by(part: ModiPart, signer: Signer | None) -> Signer | None:
    if not part.sign_answers:
        return None
    if signer is None:
        raise Wrong(
            ("access", "modi", "sign_answers"),
            "per firmare le risposte serve la chiave in [web.modi]",
            "to sign answers the key in [web.modi] is needed",
        )
    told = {Profile.NON_REPUDIATION_01} & {Profile(name) for name in part.profiles}
    return replace(signer, profiles=signer.profiles | told)


def _signer(configuration: Configuration) -> Signer | None:
    part, folder = configuration.settings.web.modi, configuration.file.parent
    if part is None:
        return None
    try:
        secret = {"key": part.key, "key_password": part.key_password}
        known = resolve(secret, folder, configuration.environment, ("modi",))
    except NoSecret as missing:
        raise Wrong(missing.path, missing.it, missing.en) from None
    certificate = b"" if part.certificate is None else content_of(("modi", "certificate"), folder / part.certificate)
    password = None if known["key_password"] is None else known["key_password"].encode()
    with told_at(("modi", "key")):
        key = signing_key(
            known["key"].encode(), carry=part.carry, kid=part.kid, certificate=certificate, password=password
        )
    profile = Profile.INTEGRITY_REST_02 if part.carry == "kid" else Profile.INTEGRITY_REST_01
    return Signer(key=key, profiles=frozenset({profile}), issuer=part.issuer or address(configuration))


def _alone(path: tuple[str, ...], names: Iterable[str], taken: dict[str, str], partner: str) -> None:
    """Note whose names these are; one that is another partner's already could let in the wrong one."""
    for name in names:
        if name in taken:
            raise Wrong(
                path, f"è già di «{taken[name]}»: deve essere di un solo partner", f"it is '{taken[name]}''s already"
            )
    taken.update(dict.fromkeys(names, partner))


def _closed() -> tuple[str, str]:
    return (
        "Le credenziali del partner nelle impostazioni dell'hub non sono utilizzabili: la Regione è avvisata.",
        "The partner's credentials in the hub's settings cannot be used: the region is told.",
    )


def _mistake(configuration: Configuration, path: tuple[str, ...], wrong: Wrong) -> Mistake:
    return Mistake(place=configuration.place(path), path=path, it=wrong.it, en=wrong.en)
