"""What has left for the bank, on our own disk: written down before it leaves, so that nothing is paid twice.

The hub hands a batch over at least once, and after a crash perhaps with more in it and under another name. A batch's
name therefore cannot tell whether an order went out already: this folder tells it. One file per order file, written
whole or not at all; it holds the order file's bytes until they have been handed over, then only references and digests.
Losing the folder loses that memory: it belongs into the same backup as the ledger.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from patto_connectors.errors import Refused, Unreachable
from patto_connectors.files.atomic import put

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from patto_connectors.iso20022.payment import Transfer


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """One payment that is in an order file."""

    id: str
    """The hub's own id of the order."""
    end_to_end_id: str
    digest: str
    """Of all that the bank was told of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One order file."""

    name: str
    content: str
    """Its text; empty once it was handed over."""
    digest: str
    """SHA-256 of its bytes, in hex."""
    payments: tuple[Gone, ...]


class Outbox:
    """The folder, read as a whole each time: some hundred small files in a year.

    Args:
        folder: ours alone, on a disk that is backed up.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def letters(self) -> list[Letter]:
        """Give all order files, by name.

        Raises:
            Unreachable: the folder is not there.
            Refused: it may not be read, or what lies in it is not ours: then nothing may leave.
        """
        try:
            # Without its folder the memory would be empty, and all orders would leave again: it is never made here.
            names = sorted(each.name for each in self._folder.iterdir() if each.suffix == ".json")
            return [_letter((self._folder / name).read_bytes()) for name in names]
        except FileNotFoundError as wrong:
            raise Unreachable("payment.outbox", "The folder that remembers sent orders is not there.") from wrong
        except (OSError, ValueError, KeyError, TypeError) as wrong:
            raise Refused(
                "payment.outbox",
                "The memory of sent orders cannot be read, so none is sent.",
                hint="Ripristinare la cartella `outbox` dal salvataggio (restore it from the backup): l'ingegnere.",
            ) from wrong

    def keep(self, letter: Letter) -> None:
        """Write down that an order file is about to leave; from here on its payments count as gone.

        Raises:
            Unreachable: it cannot be written: then it must not leave.
        """
        try:
            put(self._folder / f"{letter.name}.json", json.dumps(asdict(letter)).encode())
        except OSError as wrong:
            raise Unreachable("payment.outbox", "The memory of sent orders cannot be written.") from wrong

    def handed_over(self, letter: Letter) -> None:
        """Note that the file is where it should be; its names and accounts are kept no longer."""
        self.keep(replace(letter, content=""))


def digest_of(transfer: Transfer) -> str:
    """Give a digest of what the bank is told of a payment."""
    return sha256(json.dumps(asdict(transfer), sort_keys=True, default=str).encode()).hexdigest()


def reference(prefix: str, form: str, account: str, payments: Sequence[Gone]) -> str:
    """Name an order file by what is in it: the same payments in the same order always get the same reference."""
    told = "\n".join((form, account, *(f"{each.end_to_end_id} {each.digest}" for each in payments)))
    return f"{prefix}{sha256(told.encode()).hexdigest()[:24].upper()}"


def by_id(letters: Iterable[Letter]) -> dict[str, Gone]:
    """Give what has left by the hub's ids."""
    return {gone.id: gone for letter in letters for gone in letter.payments}


def by_reference(letters: Iterable[Letter]) -> dict[str, Gone]:
    """Give what has left by its end-to-end reference."""
    return {gone.end_to_end_id: gone for letter in letters for gone in letter.payments}


def _letter(content: bytes) -> Letter:
    fields = json.loads(content)
    return Letter(**{**fields, "payments": tuple(Gone(**each) for each in fields["payments"])})
