from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from patto_hub.extensions.guard import Failed, Went, deadline, guarded

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_what_returns_comes_back_as_a_value() -> None:
    assert guarded(lambda: 7) == Went(7)


def test_an_exit_comes_back_as_a_failure() -> None:
    def leave() -> None:
        raise SystemExit(3)

    failed = guarded(leave)

    assert isinstance(failed, Failed)
    assert failed.kind == "SystemExit"
    assert "leave" in failed.text


@pytest.fixture
def _keyboard() -> Iterator[None]:
    """Python's own answer to Ctrl-C, also where the tests were started in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_keyboard")
def test_a_pressed_ctrl_c_is_not_taken_for_the_plugins_failure() -> None:
    with pytest.raises(KeyboardInterrupt):
        guarded(lambda: os.kill(os.getpid(), signal.SIGINT))

    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_it_works_in_a_thread_where_signals_cannot_be_set() -> None:
    answers: list[object] = []
    thread = threading.Thread(target=lambda: answers.append(guarded(lambda: 1)))
    thread.start()
    thread.join()

    assert answers == [Went(1)]


def test_a_deadline_ends_what_does_not_return_and_gives_a_clock_back_that_was_set_before() -> None:
    theirs = signal.getitimer(signal.ITIMER_REAL)[0]

    ended = guarded(_for_ever)

    assert (ended.kind, ended.message) == ("TimeoutError", "not done in 0 s")
    assert (signal.getitimer(signal.ITIMER_REAL)[0] > 0) is (theirs > 0)


def _for_ever() -> None:
    with deadline(0.05):
        while True:
            pass
