"""A document read as it arrives: records out as soon as they are whole, and cleared behind.

One document at a time goes through `Stream`; it is plain computation, its caller brings the bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, cast

from lxml import etree

from patto_connectors.errors import Malformed
from patto_connectors.xml.gate import judge

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lxml.etree import _Element as Element

    from patto_connectors.contract import Row
    from patto_connectors.xml.fields import Reader

STEP = 65_536
"""Bytes given to the parser at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """What a document may hold. Depth (256), one text (10 MB) and one name (50 kB) are capped by libxml2 itself."""

    document: int = 4 * 2**30
    """Bytes of a whole document."""
    prolog: int = 65_536
    """Bytes before the root element."""
    record: int = 16 * 2**20
    """Bytes between the ends of two records: what may stand in memory at a time."""


@dataclass(slots=True)
class Page:
    """What a stretch of the document gave."""

    rows: list[Row] = field(default_factory=list)
    positions: list[str] = field(default_factory=list)
    troubles: list[tuple[str, str, bytes]] = field(default_factory=list)
    content: bytes = b""
    """The stretch itself; the pages' contents put together are the document."""


class Judge(Protocol):
    """Says which records of a page break the schema."""

    def see(self, element: Element, index: int) -> None:
        """Look at a record, the page's row `index`, before it is cleared."""
        ...

    def sift(self, page: Page) -> Page:
        """Give the page with its broken records moved from the rows to the troubles."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Which elements of a document are records, and what makes a row of each."""

    readers: Mapping[str, Reader | None]
    """By tag (`{namespace}local`); None for an element that only holds records."""
    parents: Mapping[str, str] = field(default_factory=dict)
    """By tag, the tag that a record's parent must have, where the same tag stands elsewhere too."""
    root: str | None = None
    """The tag of the document's root; another document, as a maintenance page, is refused. None: any."""

    def has(self, element: Element) -> bool:
        """Whether an element is a record, and not only a holder of records."""
        return self.readers.get(element.tag) is not None and self.counts(element)

    def counts(self, element: Element) -> bool:
        """Whether an element of a named tag stands where it is meant."""
        wanted = self.parents.get(element.tag)
        if wanted is None:
            return True
        parent = element.getparent()
        return parent is not None and parent.tag == wanted


@dataclass(slots=True)
class _Opened:
    """An element whose children are being read: its path, how many records of each tag ended, the last of them."""

    path: str
    counts: dict[str, int] = field(default_factory=dict)
    last: Element | None = None


def hardened() -> dict[str, Any]:
    """Give the settings of every XML parser here: no entities, no network, no DTD, libxml2's own caps kept on."""
    return {
        "resolve_entities": False,
        "no_network": True,
        "load_dtd": False,
        "dtd_validation": False,
        "attribute_defaults": False,
        "huge_tree": False,
        "remove_comments": True,
        "remove_pis": True,
    }


class Stream:
    """Reads one document: `feed` takes bytes, `take` gives what became whole since.

    Args:
        records: which elements are records.
        caps: what the document may hold.
        judge: says which records break the schema; None to take all.
    """

    def __init__(self, records: Records, *, caps: Caps, judge: Judge | None = None) -> None:
        self._records = records
        self._caps = caps
        self._judge = judge
        self._parser: etree.XMLPullParser = etree.XMLPullParser(events=("end",), tag=[*records.readers], **hardened())
        self._head = b""
        self._open = False
        self._opened: dict[Element, _Opened] = {}
        self._page = Page()
        self._parts: list[bytes] = []
        self._total = self._since = 0
        self._started = False

    @property
    def size(self) -> int:
        """How many rows are ready to be taken."""
        return len(self._page.rows) + len(self._page.troubles)

    @property
    def weight(self) -> int:
        """How many bytes were read since the last page."""
        return sum(map(len, self._parts))

    def feed(self, content: bytes) -> None:
        """Read on, a step at a time.

        Raises:
            Malformed: `xml.doctype`, `xml.version`, `xml.encoding`, `xml.syntax`, `xml.size` or `xml.record_size`.
        """
        self._parts.append(content)
        self._total += len(content)
        if self._total > self._caps.document:
            raise Malformed("xml.size", f"The document is longer than {self._caps.document} bytes.", hint=_SMALLER)
        self._push(content if self._open else self._admit(content, final=False))

    def finish(self) -> None:
        """Read to the end of the document.

        Raises:
            Malformed: as `feed`; a truncated document is `xml.syntax`.
        """
        if not self._open:
            self._push(self._admit(b"", final=True))
        try:
            root = self._parser.close()
        except etree.XMLSyntaxError as wrong:
            raise not_well_formed(wrong) from None
        self._drain()
        self._rooted(root)

    def take(self) -> Page:
        """Give the rows that are ready, with the stretch of the document that held them."""
        page, self._page = self._page, Page()
        if self._judge is not None:
            page = self._judge.sift(page)
        page.content = b"".join(self._parts)
        self._parts = []
        return page

    def _admit(self, content: bytes, *, final: bool) -> bytes:
        """Hold the first bytes back until the prolog is judged."""
        self._head += content
        if judge(self._head, final=final) is None:
            if len(self._head) > self._caps.prolog:
                raise Malformed("xml.size", "The document does not start within its first bytes.", hint=_SMALLER)
            return b""
        self._open = True
        head, self._head = self._head, b""
        return head

    def _push(self, content: bytes) -> None:
        for at in range(0, len(content), STEP):
            step = content[at : at + STEP]
            try:
                self._parser.feed(step)
            except etree.XMLSyntaxError as wrong:
                self._drain()
                raise not_well_formed(wrong) from None
            self._since += len(step)
            self._drain()
            if self._since > self._caps.record:
                raise Malformed("xml.record_size", f"A record is longer than {self._caps.record} bytes.", hint=_SMALLER)

    def _drain(self) -> None:
        page, records = self._page, self._records
        readers, somewhere = records.readers, bool(records.parents)
        for element in self._ended():
            if somewhere and not records.counts(element):
                continue
            reader = readers[element.tag]
            opened, place = self._place(element)
            if reader is not None:
                page.rows.append(reader(element))
                page.positions.append(f"riga {element.sourceline}, {place}")
                if self._judge is not None:
                    self._judge.see(element, len(page.rows) - 1)
            self._forget(element, opened)

    def _ended(self) -> Iterator[Element]:
        for _, ended in self._parser.read_events():
            element = cast("Element", ended)
            self._since = 0
            if not self._started:
                self._started = True
                self._rooted(element.getroottree().getroot())
                if cast("Any", element.getroottree().docinfo).doctype:
                    raise Malformed("xml.doctype", "The document holds a DOCTYPE.", position="line 1")
            yield element

    def _rooted(self, root: Element) -> None:
        wanted = self._records.root
        if wanted is not None and root.tag != wanted:
            raise Malformed(
                "page.malformed",
                f"The document's root is not <{etree.QName(wanted).localname}>.",
                hint="Controllare che cosa risponde il sistema: forse una pagina di errore (check what it answers).",
                position="line 1",
            )

    def _place(self, element: Element) -> tuple[_Opened | None, str]:
        parent = element.getparent()
        if parent is None:
            return None, f"/{_local(element)}"
        opened = self._opened.get(parent)
        if opened is None:
            opened = self._opened[parent] = _Opened(self._path(parent))
        tag = element.tag
        count = opened.counts[tag] = opened.counts.get(tag, 0) + 1
        return opened, f"{opened.path}/{tag[tag.rfind('}') + 1 :]}[{count}]"

    def _path(self, element: Element) -> str:
        """Give the path of an element that is still open."""
        parent = element.getparent()
        if parent is None:
            return f"/{_local(element)}"
        opened = self._opened.get(parent)
        if element.tag in self._records.readers:
            before = 0 if opened is None else opened.counts.get(element.tag, 0)
        else:
            before = sum(1 for _ in element.itersiblings(element.tag, preceding=True))
        return f"{self._path(parent) if opened is None else opened.path}/{_local(element)}[{before + 1}]"

    def _forget(self, element: Element, opened: _Opened | None) -> None:
        """Empty the record, and drop the one before it: the parser may still be writing behind this one."""
        self._opened.pop(element, None)
        element.clear(keep_tail=True)  # type: ignore[call-arg]  # the published stubs are older than lxml 4.4
        if opened is None:
            return
        last, opened.last = opened.last, element
        if last is None:
            return
        parent = last.getparent()
        while parent is not None and (before := element.getprevious()) is not None:
            parent.remove(before)
            if before is last:
                break


def _local(element: Element) -> str:
    return etree.QName(element).localname


_SMALLER = "Inviare il documento in parti più piccole (send smaller documents): chi produce il file."


def not_well_formed(wrong: etree.XMLSyntaxError) -> Malformed:
    """Name what a parser refused by its place; libxml2's own sentence may quote the document."""
    line, column = wrong.position
    return Malformed(
        "xml.syntax",
        f"The document is not well-formed XML at line {line}, column {column}.",
        hint="Inviare un documento XML ben formato (send well-formed XML): chi produce il file.",
        position=f"line {line}, column {column}",
    )
