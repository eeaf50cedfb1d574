"""Passwords of the staff: argon2id, checked on one thread so that a flood of guesses leaves the hub its processor."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from patto_hub.ledger.staff import lock_ms

SHORTEST: Final = 12
LONGEST: Final = 128
_KEPT: Final = 10_000


@dataclass(frozen=True, slots=True)
class Passwords:
    """Makes and checks hashes."""

    hasher: PasswordHasher = field(default_factory=PasswordHasher)
    thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="staff-passwords")
    )

    async def hash(self, password: str) -> str:
        """Give the hash of a password."""
        return await asyncio.get_running_loop().run_in_executor(self.thread, self.hasher.hash, password)

    async def fits(self, password_hash: str, password: str) -> bool:
        """Whether a password is the one that was hashed; for no hash at all it takes as long and says no."""
        return await asyncio.get_running_loop().run_in_executor(self.thread, self._fits, password_hash, password)

    def close(self) -> None:
        """Let the thread go."""
        self.thread.shutdown(wait=False, cancel_futures=True)

    def _fits(self, password_hash: str, password: str) -> bool:
        try:
            return self.hasher.verify(password_hash, password)
        except InvalidHashError:
            self.hasher.hash(password)
            return False
        except VerificationError:
            return False


def fault(name: str, password: str) -> str | None:
    """Give the sentence that says what is wrong with a new password, or None."""
    if not SHORTEST <= len(password) <= LONGEST:
        return "setup.password_short"
    return "setup.password_name" if name.lower() in password.lower() else None


@dataclass(slots=True)
class Strangers:
    """Tries under names that nobody has: they are locked as real names are, so that a lock tells nothing."""

    tries: OrderedDict[str, tuple[int, int]] = field(default_factory=OrderedDict)
    """Name -> (tries, locked until)."""

    def begin_try(self, name: str, now: int) -> int | None:
        """Count a try; gives until when the name is locked, or None if its password may be looked at."""
        tries, until = self.tries.pop(name, (0, 0))
        locked = now < until
        if not locked:
            tries, until = tries + 1, now + lock_ms(tries + 1)
        self.tries[name] = (tries, until)
        if len(self.tries) > _KEPT:
            self.tries.popitem(last=False)
        return until if locked else None
