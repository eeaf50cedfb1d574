"""Sets up the log: one JSON object per line in a service, colours on a terminal; UTC, with the run and job in hand."""

from __future__ import annotations

import logging
import sys
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal, TextIO

import structlog
from structlog.contextvars import bound_contextvars, merge_contextvars

from patto_hub.observe.redact import redact

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping
    from contextlib import AbstractContextManager
    from typing import Any

    from structlog.typing import EventDict, Processor, WrappedLogger

Level = Literal["debug", "info", "warning", "error"]
Form = Literal["auto", "json", "console"]
_OURS: Final = frozenset({"timestamp", "level", "logger", "request_id", "route"})
"""What the hub itself makes: nobody else's words can stand there, and each line has them."""


_HARMLESS: Final[set[str]] = set()
"""Short texts that were looked through and hold nothing to be blanked."""
_SHORT: Final = 60
_MOST: Final = 2_000


def in_hand(**facts: object) -> AbstractContextManager[None]:
    """Bind facts (`run`, `job`, `request`) to every line that is logged within the block, in this task only."""
    return bound_contextvars(**facts)


def set_up_logs(
    level: Level = "info", form: Form = "auto", *, stream: TextIO | None = None, now: Callable[[], datetime]
) -> None:
    """Send structlog's and the standard library's lines to `stream` (standard error), redacted, with UTC instants."""
    out = sys.stderr if stream is None else stream
    as_json = form == "json" or (form == "auto" and not out.isatty())
    shared: list[Processor] = [
        merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        _stamp(now),
        structlog.processors.StackInfoRenderer(),
        _where_only,
        structlog.processors.format_exc_info,
        redact_event,
    ]
    render = _renderer(as_json=as_json, out=out)
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    structlog.configure(
        processors=[*shared, render],
        logger_factory=lambda name="", *_: _Lines(name, handler),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for chatty in ("aiohttp.access", "apscheduler", "alembic", "asyncio"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))


class _Lines:
    """Writes finished lines where the standard library's handler writes: the way through its records costs twice that.

    Like the handler it lets no line come between the pieces of another, and no full disk into the work that is logged.
    """

    def __init__(self, name: str, handler: logging.StreamHandler[TextIO]) -> None:
        self.name = name
        self._handler = handler

    def write(self, line: str) -> None:
        with suppress(OSError, ValueError):
            self._handler.acquire()
            try:
                self._handler.stream.write(f"{line}\n")
                self._handler.flush()
            finally:
                self._handler.release()

    debug = info = warning = error = critical = exception = msg = write


def _renderer(*, as_json: bool, out: TextIO) -> Processor:
    if as_json:
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=out.isatty(), exception_formatter=structlog.dev.plain_traceback)


def _stamp(now: Callable[[], datetime]) -> Processor:
    def stamp(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        instant = now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {"timestamp": instant, **event}

    return stamp


def _where_only(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Of an error of the HTTP library keep what and where, not its words: they quote what a stranger sent, or a key."""
    error = event.get("exc_info")
    if not str(event.get("logger", "")).startswith("aiohttp.") or not isinstance(error, tuple) or error[0] is None:
        return event
    frames = [f"{frame.filename}:{frame.lineno}:{frame.name}" for frame in traceback.extract_tb(error[2])]
    return {
        **{key: each for key, each in event.items() if key != "exc_info"},
        "error": error[0].__name__,
        "frames": frames,
    }


def _text(text: str) -> str:
    """Redact a text; the same short ones (`GET`, a name) that hold nothing are not looked through anew."""
    if text in _HARMLESS:
        return text
    clean = redact(text)
    if clean == text and len(text) <= _SHORT and len(_HARMLESS) < _MOST:
        _HARMLESS.add(text)
    return clean


def redact_event(_logger: WrappedLogger, _method: str, event: MutableMapping[str, Any]) -> EventDict:
    """Blank what looks like personal data or a secret in every text of a line, however deep."""
    return {key: value if key.startswith("_") or key in _OURS else _clean(value) for key, value in event.items()}


def _clean(value: Any) -> Any:  # noqa: ANN401 - a log line holds anything
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):
        return {str(key): _clean(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_clean(each) for each in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return redact(str(value))
