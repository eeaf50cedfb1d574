"""Of which records a file was the whole content (rule R13): what a newer file of the same scope does not name has gone.

A scope is a function of a file's name and of one page of its rows; what it gives for the pages of a file counts
together. It gives the beginnings of keys as the translator writes them: `presenze/2026-03/`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from patto_connectors.contract import Row
from patto_connectors.errors import Malformed

Scope: TypeAlias = Callable[[str, Sequence[Row]], Iterable[str]]


def by_name(pattern: str, prefix: str) -> Scope:
    """Tell the scope by the file's name: `by_name(r"(?P<month>[0-9]{4}-[0-9]{2})", "presenze/{month}/")`.

    Args:
        pattern: a regular expression that is searched for in the name; its named groups go into the prefix.
        prefix: how the keys begin; without groups it is the same for every file, as with a sheet that only grows.

    Raises:
        ValueError: the prefix has no end, so that `2026-1` would speak for `2026-10` too.
        Malformed: `file.name`, when a name does not say it: nothing of the file may be taken then.
    """
    _ended(prefix)
    search = re.compile(pattern).search

    def scope(name: str, rows: Sequence[Row]) -> Iterable[str]:  # noqa: ARG001 - the name says it all
        found = search(name)
        if found is None:
            raise Malformed(
                "file.name",
                "The file's name does not say of which period it is the whole.",
                hint="Chiamare il file come concordato, con la data (name the file as agreed): chi produce il file.",
            )
        return (prefix.format(**found.groupdict()),)

    return scope


def by_column(column: str, prefix: str) -> Scope:
    """Tell the scope by a column, or by a cell above the table: `by_column("mese", "presenze/{}/")`.

    A file speaks for every value that the column has in it; rows without a value speak for nothing.

    Raises:
        ValueError: the prefix has no end, so that the value `2026-1` would speak for `2026-10` too.
    """
    _ended(prefix)

    def scope(name: str, rows: Sequence[Row]) -> Iterable[str]:  # noqa: ARG001 - the rows say it all
        fields = (json.loads(row) if isinstance(row, bytes) else row for row in rows)
        return {prefix.format(value): None for each in fields if (value := each.get(column))}

    return scope


def _ended(prefix: str) -> None:
    if prefix and (prefix[-1].isalnum() or prefix[-1] == "}"):
        raise ValueError(f"the beginning of keys {prefix!r} ends in a mark that no other key goes on after, as a slash")
