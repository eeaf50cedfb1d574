"""Tracebacks that can be kept and shown: where, never what."""

from __future__ import annotations


def where(error: BaseException) -> str:
    """Give a traceback of types and places, without messages: those may quote a person's data."""
    lines: list[str] = []
    seen: BaseException | None = error
    while seen is not None:
        lines.append(type(seen).__name__)
        frame = seen.__traceback__
        while frame is not None:
            code = frame.tb_frame.f_code
            lines.append(f"  {code.co_filename}:{frame.tb_lineno} {code.co_qualname}")
            frame = frame.tb_next
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return "\n".join(lines)
