"""Calls other people's code so that whatever it raises comes back as a value."""

from __future__ import annotations

import signal
import threading
import traceback
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Went(Generic[T]):
    """It returned."""

    value: T


@dataclass(frozen=True, slots=True)
class Failed:
    """It raised; `text` is the traceback from the guarded call on, without frames of the hub."""

    kind: str
    message: str
    text: str


def guarded(call: Callable[[], T]) -> Went[T] | Failed:
    """Call it; `SystemExit` and `KeyboardInterrupt` raised by the code itself are its failure, a real Ctrl-C is not.

    Raises:
        KeyboardInterrupt: a person pressed Ctrl-C meanwhile.
    """
    with _person_at_keyboard() as pressed:
        try:
            return Went(call())
        except BaseException as error:  # SystemExit of a plugin would end the hub
            if pressed.is_set():
                raise KeyboardInterrupt from error
            return failure(error)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """End what does not return in time by an error within it; for code that nothing else can interrupt, as an import.

    A thread other than the main one, and code of C that never comes back, are not ended.

    Raises:
        TimeoutError: within the block.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals reach the main thread only
        return

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"not done in {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, ring)
    theirs, _ = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        left, _ = signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if theirs:  # whoever had set the clock before gets what is left of it
            signal.setitimer(signal.ITIMER_REAL, max(theirs - (seconds - left), 0.001))


def failure(error: BaseException) -> Failed:
    """Describe what other people's code has raised."""
    frames = error.__traceback__.tb_next if error.__traceback__ else None
    text = "".join(traceback.format_exception(type(error), error, frames))
    return Failed(type(error).__name__, str(error), text)


@contextmanager
def _person_at_keyboard() -> Iterator[threading.Event]:
    """Tell a pressed Ctrl-C from a `KeyboardInterrupt` that code raises by itself."""
    pressed = threading.Event()
    before = signal.getsignal(signal.SIGINT)
    if before is None or threading.current_thread() is not threading.main_thread():
        yield pressed  # signals reach the main thread only; None: not Python's to set
        return

    def press(number: int, frame: FrameType | None) -> None:
        pressed.set()
        if callable(before):
            before(number, frame)

    signal.signal(signal.SIGINT, press)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)
