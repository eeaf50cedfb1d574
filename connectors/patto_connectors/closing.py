"""Close what a source gives however its reader ends, so that its files and sessions do not wait for chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from types import TracebackType

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Closing(Generic[T]):
    """`async with Closing(source.read(after)) as pages`: as `aclosing`, for a source that may be any iterator too."""

    pages: AsyncIterator[T]

    async def __aenter__(self) -> AsyncIterator[T]:
        """Give the pages."""
        return self.pages

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        """Close them, where they can be closed."""
        close = getattr(self.pages, "aclose", None)
        if callable(close) and kind is not GeneratorExit:  # nothing can be awaited any more where the reader is dropped
            await close()
