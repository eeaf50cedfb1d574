"""How a tap fails, each way with its name: which of the four errors, a code of the catalogue, and who must act.

What a tap says of itself is never quoted: it may hold configuration, addresses with keys, whole records. Only its exit
code, its signal and the class of a Python error are; for the rest an engineer sets `stderr`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from patto_connectors.errors import Malformed, Refused, Trouble, Unreachable
from patto_connectors.http.redact import code as shown
from patto_connectors.singer.launch import NOT_FOUND

if TYPE_CHECKING:
    from collections.abc import Sequence

KEPT = 4_096
"""Bytes of a line that cannot be taken whole."""
_USAGE = 2
"""How argparse and click end over an option that they do not know."""
_LOOK = "Per leggere che cosa dice il tap, indicare un file in `stderr` (to read what the tap says, name a file there)."
_LIMIT = "Se è giusto così, alzare `{0}` (if it is right, raise `{0}`)."
_INDEX = "Controllare la rete e pip.conf della macchina (check the network and the machine's pip.conf)."
_STREAM = "Scrivere in `stream` uno di questi nomi (put one of these names into `stream`)."
_NETWORK = (b"Retrying (Retry(", b"Temporary failure in name resolution", b"Read timed out", b"ConnectionError")


def failed(code: int, error: str, *, spoke: bool) -> Trouble | None:
    """Name the end of a tap.

    Args:
        code: its exit code; negative for a signal.
        error: the class of the Python error that it died of, or empty.
        spoke: whether a message came before.
    """
    if code == 0:
        return None
    if code == NOT_FOUND:
        return missing()
    if code < 0:
        return Unreachable(
            "tap.killed",
            f"the tap was ended by signal {-code}",
            hint="Forse manca memoria alla macchina (the machine may lack memory). " + _LOOK,
        )
    if error == "MemoryError":
        return Refused("tap.memory", "the tap needs more memory than it may have", hint=_LIMIT.format("limits.memory"))
    if code == _USAGE and not spoke:
        return Refused(
            "tap.usage",
            "the tap does not take its options (exit code 2)",
            hint="Provare un altro `select` (try another `select`). " + _LOOK,
        )
    words = f"the tap failed with exit code {code}" + (f" ({error})" if error else "")
    return Unreachable("tap.failed", words, hint=_LOOK)


def missing() -> Refused:
    """Say that there is no such program."""
    return Refused(
        "tap.missing",
        "the tap's program is not in its environment, or cannot be started",
        hint="Controllare `executable`, per esempio tap-rest-api-msdk (check the program's name).",
    )


def silent(seconds: float) -> Unreachable:
    """Say that a tap hangs."""
    return Unreachable(
        "tap.silent", f"no line of the tap came within {seconds:g} s", hint=_LIMIT.format("limits.silence")
    )


def deadline(seconds: float, limit: str) -> Unreachable:
    """Say that a tap has used up its time."""
    return Unreachable("tap.deadline", f"the tap has taken {seconds:g} s, its whole time", hint=_LIMIT.format(limit))


def line_size(most: int, number: int, head: bytes) -> Malformed:
    """Say that a line does not end."""
    detail = f"line {number} of the tap is longer than {most} bytes"
    return Malformed(
        "tap.line_size", detail, hint=_LIMIT.format("limits.line"), position=f"riga {number}", content=head[:KEPT]
    )


def endless(most: int) -> Malformed:
    """Say that a tap does not end."""
    return Malformed("tap.endless", f"the tap gave more than {most} lines", hint=_LIMIT.format("limits.lines"))


def garbage(most: int, number: int, line: bytes) -> Malformed:
    """Say that what comes is not Singer."""
    detail = f"more than {most} lines of the tap are no Singer messages"
    return Malformed("tap.garbage", detail, hint=_LOOK, position=f"riga {number}", content=line[:KEPT])


def state_size(most: int) -> Malformed:
    """Say that a STATE is too big to be kept with each page."""
    return Malformed("tap.state", f"the tap's STATE is larger than {most} bytes", hint=_LIMIT.format("limits.state"))


def batch() -> Refused:
    """Say that the tap writes its records to files instead."""
    return Refused(
        "tap.batch",
        "the tap sends BATCH messages: files in the place of records",
        hint="Togliere `batch_config` dalla configurazione (remove `batch_config` from the tap's configuration).",
    )


def catalog() -> Malformed:
    """Say that the list of streams cannot be read."""
    return Malformed("tap.catalog", "the tap does not tell its streams as a Singer catalogue", hint=_LOOK)


def stream(wanted: str, known: Sequence[str]) -> Refused:
    """Say that the tap has no such stream."""
    names = ", ".join(shown(name) for name in sorted(known)[:10])
    return Refused("tap.stream", f"the tap has no stream {shown(wanted)}; it has: {names}", hint=_STREAM)


def install(complaints: bytes) -> Trouble:
    """Name a failed installation by what pip complains of; its words may hold an address with a password."""
    if any(words in complaints for words in _NETWORK):
        return Unreachable("tap.index", "the package index cannot be reached", hint=_INDEX)
    hint = "Controllare nome e versione, per esempio tap-rest-api-msdk==1.4.2 (check name and version)."
    return Refused("tap.install", "pip cannot install the tap", hint=hint)


def folder() -> Refused:
    """Say that there is no place for the tap's environment."""
    hint = "Dare all'hub il permesso di scrivere in `tap.folder` (let the hub write there)."
    return Refused("tap.folder", "the tap's virtual environment cannot be made in its folder", hint=hint)
