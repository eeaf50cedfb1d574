"""The fault menu of fake partners: what can go wrong, for which path, how many times."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

CONTENT = {
    "repeated_cursor": "the next page is the one just asked for",
    "cycle": "the pages lead in a circle of two: A, B, A, ...",
    "ever_new_cursor": "each page has a new cursor and the same rows",
    "empty_more": "empty pages that promise more",
    "duplicates": "each row comes twice",
    "shuffled": "rows come out of order",
    "new_field": "rows carry a field that nobody agreed on (option: its name)",
    "missing_field": "rows lack a field (option: its name)",
    "retyped": "a field holds an object instead of its value (option: its name)",
    "failure_flag": "status 200, and `esitoPositivo: false` inside (option: the code)",
    "not_json": "NaN in a row",
}
"""Faults in what the answer says."""

WIRE = {
    "slow": "the answer waits (option: seconds)",
    "rate": "429 (option: the Retry-After header's text)",
    "unavailable": "503 (option: the Retry-After header's text)",
    "error": "500",
    "unauthorised": "401",
    "truncated": "half of the body, the other half was announced by Content-Length",
    "truncated_close": "half of the body, and nothing announced its length",
    "html": "a web page with status 200",
    "redirect": "302 (option: the new address)",
    "gzip_bomb": "some hundred kilobytes that expand to hundreds of megabytes (option: megabytes)",
    "endless": "a body that never ends",
    "charset": "Latin-1 bytes called by another charset (option: its name; utf-8 lies)",
    "loris": "one byte at a time (option: seconds between two)",
    "hang": "half of the body, then silence",
    "disconnect": "the connection is reset without an answer",
    "malformed": "an answer that is not HTTP",
    "header_bomb": "more headers than anybody needs",
}
"""Faults in how the answer travels."""

SFTP = {
    "reset": "the connection is taken and reset at once",
    "silent": "the connection is taken, then nothing is said",
    "not_ssh": "a web server answers",
    "host_key": "the server shows another key",
    "full": "too many connections",
    "login": "nobody is let in",
    "no_sftp": "the account has no SFTP",
    "permission": "the folder or file may not be read or written",
    "vanishes": "a file goes between the listing and its opening",
    "grows": "a file grows while it is read",
    "cut": "the connection breaks within a file that is read (option: after how many bytes)",
    "stall": "a file's first piece never comes",
    "slow": "one byte at a time (option: seconds between two)",
    "truncated": "half of a file, then its end",
    "endless": "a file that goes on beyond its size",
    "crowded": "a listing that never ends",
    "hostile_names": "a listing with names that lead out of the folder, and a device",
    "no_rename": "files cannot be replaced by a rename in one step",
    "disk_full": "the disk is full (option: after how many bytes)",
    "cut_upload": "the connection breaks within a file that is written (option: after how many bytes)",
    "stall_upload": "a piece that is written is never acknowledged",
}
"""Faults of a fake SFTP server; paths are those of files and folders, `/` for what befalls a connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One order from the menu."""

    name: str
    path: str = "*"
    """Glob over the request's path, as `/v1/pacts`."""
    times: int | None = 1
    """How often it happens; None for always."""
    after: int = 0
    """Requests that pass unharmed before it starts."""
    option: str = ""


@dataclass(slots=True)
class FaultMenu:
    """The faults ordered from one fake partner, in the order in which they will happen."""

    orders: list[Fault] = field(default_factory=list)
    menu: dict[str, str] = field(default_factory=lambda: {**CONTENT, **WIRE})
    """What can be ordered; a partner that speaks another protocol adds faults of its own."""
    happened: list[str] = field(default_factory=list)
    """Names of the faults that happened, for a test to look at."""

    def order(self, name: str, *, path: str = "*", times: int | None = 1, after: int = 0, option: str = "") -> None:
        """Order a fault.

        Raises:
            ValueError: the menu has no such fault.
        """
        if name not in self.menu:
            raise ValueError(f"no such fault; choose from {', '.join(sorted(self.menu))}")
        self.orders.append(Fault(name=name, path=path, times=times, after=after, option=option))

    def clear(self) -> None:
        """Take all orders back."""
        self.orders.clear()

    def serve(self, path: str, among: Container[str] | None = None) -> list[Fault]:
        """Give the faults that this request meets, at most one of each sort, and count them off.

        Args:
            path: of the request.
            among: the faults that can befall it; None for any.
        """
        met: list[Fault] = []
        for index, fault in reversed(list(enumerate(self.orders))):
            if not fnmatchcase(path, fault.path) or (among is not None and fault.name not in among):
                continue
            if fault.after:
                self.orders[index] = replace(fault, after=fault.after - 1)
            elif fault.times is None:
                met.append(fault)
            elif fault.times > 1:
                self.orders[index] = replace(fault, times=fault.times - 1)
                met.append(fault)
            else:
                del self.orders[index]
                met.append(fault)
        self.happened.extend(fault.name for fault in reversed(met))
        return met[::-1]
