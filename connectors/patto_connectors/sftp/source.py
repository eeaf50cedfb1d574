"""A source that reads the files a partner drops into a folder of its SFTP server, by the rules of every drop folder."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from patto_connectors.files.pages import Reading
from patto_connectors.files.ready import Rules, read_ready, tell_outcome
from patto_connectors.sftp.folder import RemoteFolder
from patto_connectors.sftp.probe import stages
from patto_connectors.sftp.session import open_session

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from patto_connectors.contract import Batch, Cursor, Outcome, Source
    from patto_connectors.http.probe import Stage
    from patto_connectors.sftp.settings import SftpSettings
    from patto_connectors.xml.source import Body


@dataclass(frozen=True, slots=True, kw_only=True)
class SftpSource:
    """Reads ready files by age then name; a file's mark goes into the cursor with its last page.

    As `DropFolderSource`, but the server's clock is not trusted: without markers, a new file is looked at twice,
    `settle_seconds` apart. A file comes whole into a temporary one without a name before its first row is read; one
    that changed meanwhile is left for the next look.
    """

    settings: SftpSettings
    ready: Literal["settled", "done"] = "settled"
    settle_seconds: float = 5.0
    reading: Reading = field(default_factory=Reading)
    xml: Callable[[Body], Source] | None = None
    """Makes the source that reads an XML file, as `partial(XmlSource, readers=...)`; None: XML files are refused."""
    outcome_format: Literal["csv", "json"] = "csv"

    async def read(self, after: Cursor | None) -> AsyncIterator[Batch]:
        """Yield the pages of each ready file; a file that cannot be read is set aside whole, the others go on.

        Raises:
            Trouble: Unreachable, Refused, or Malformed where something else than an SFTP server answers.
        """
        rules = Rules(ready=self.ready, settle_seconds=self.settle_seconds, reading=self.reading, xml=self.xml)
        async with (
            open_session(self.settings) as session,
            aclosing(read_ready(RemoteFolder(session), rules, after)) as batches,
        ):
            async for batch in batches:
                yield batch

    async def tell(self, outcome: Outcome) -> None:
        """Write `<name>_esito.csv` (or .json) back, whole or not at all."""
        async with open_session(self.settings) as session:
            await tell_outcome(RemoteFolder(session), outcome, self.outcome_format)

    def probe(self) -> AsyncIterator[Stage]:
        """Try the way to the folder, stage by stage."""
        return stages(self.settings)
