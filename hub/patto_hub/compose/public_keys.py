"""Public keys and certificates of the settings, in each form that they may have there."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from patto_connectors.errors import Refused
from patto_connectors.json import parse_unique
from patto_connectors.modi import known_certificate, known_jwk, known_key, known_set
from patto_schemas.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from patto_connectors.modi import Keys, Known
    from patto_hub.settings.access import PublicKey


class Wrong(Exception):  # noqa: N818 - the settings' word
    """A setting cannot be used; says where within the part, and why, in both languages."""

    def __init__(self, path: tuple[str, ...], it: str, en: str) -> None:
        super().__init__(en)
        self.path, self.it, self.en = path, it, en


@contextmanager
def told_at(path: tuple[str, ...]) -> Iterator[None]:
    """Say of a key that cannot be used which setting it stands in.

    Raises:
        Wrong: it cannot be used.
    """
    try:
        yield
    except Refused as refusal:
        entry = CATALOGUE[refusal.code]
        raise Wrong(path, f"{entry.it} {entry.fix_it}", f"{entry.en} {entry.fix_en}") from None


def read_public(value: PublicKey, folder: Path) -> Keys:
    """Read a public key in any of the forms that the settings take; one without a name is called by its thumbprint."""
    path = ("access", "public_keys")
    if isinstance(value, str):
        content, kid = value.encode() if value.startswith("-----BEGIN") else content_of(path, folder / value), ""
    elif "kty" in value:
        with told_at(path):
            return _named((_jwk(path, value),))
    else:
        content, kid = content_of(path, folder / str(value.get("file", ""))), str(value.get("kid", ""))
    with told_at(path):
        return _named(_parsed(path, content, kid))


def _parsed(path: tuple[str, ...], content: bytes, kid: str) -> Keys:
    if b"-----BEGIN CERTIFICATE" in content:
        return (known_certificate(content, kid),)
    if b"-----BEGIN" in content:
        return (known_key(content, kid),)
    try:
        found = parse_unique(content)
    except ValueError:
        found = None
    if isinstance(found, dict) and "keys" in found:
        return known_set(content)
    own = _jwk(path, found if isinstance(found, dict) else {})
    return (replace(own, kid=kid or own.kid),)


def _jwk(path: tuple[str, ...], member: Mapping[str, Any]) -> Known:
    if "d" in member:
        raise Wrong(
            path,
            "è una chiave privata: qui va solo la pubblica, e la privata è da cambiare, perché è stata comunicata",
            "this is a private key: only the public one stands here, and the private one must be changed: it was told",
        )
    return known_jwk(member)


def _named(found: Keys) -> Keys:
    return tuple(each if each.kid else replace(each, kid=each.key.thumbprint()) for each in found)


def content_of(path: tuple[str, ...], file: Path) -> bytes:
    """Read a file of the settings.

    Raises:
        Wrong: it cannot be read.
    """
    try:
        return file.read_bytes()
    except OSError as error:
        why = error.strerror or "?"
        raise Wrong(path, f"il file {file.name} non si legge ({why})", f"{file.name} cannot be read ({why})") from None
