"""The balance sheet of a run: every record that was read is in exactly one class, or the run does not close."""

from __future__ import annotations

from dataclasses import dataclass, fields

CLASSES = ("new", "changed", "unchanged", "duplicate", "parked", "quarantined", "refused")


@dataclass(slots=True, kw_only=True)
class Balance:
    """Counts in records; a row that gave no record counts as one.

    `read` is counted where rows enter; each other class is counted where the record is written or recognised.
    """

    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    duplicate: int = 0
    parked: int = 0
    quarantined: int = 0
    refused: int = 0
    released: int = 0
    """Records parked by earlier pages that could now go on; they were read then, so they stand outside the equation."""
    pages: int = 0
    bytes: int = 0

    @property
    def closes(self) -> bool:
        """Whether `read` equals the sum of the classes."""
        return self.read == self.accounted

    @property
    def accounted(self) -> int:
        """How many records are in one of the classes."""
        return sum(int(getattr(self, name)) for name in CLASSES)

    def add(self, other: Balance) -> None:
        """Add another balance to this one, in place."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))
