"""Which records of a document break its XSD, and where (rule R9): those are set aside, the rest goes on."""

from __future__ import annotations

from copy import deepcopy
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, cast

from lxml import etree

from patto_connectors.xml.fields import element_bytes
from patto_connectors.xml.stream import Page, Records, hardened

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lxml.etree import _Element as Element
    from lxml.etree import _ElementTree as Tree
    from lxml.etree import _LogEntry as LogEntry

MAX_ERRORS = 1_000
"""Errors of one document or page that are told; libxml2 goes on, people do not."""


class Schemas:
    """Compiled XSDs by file: compiled once (the ELM language list alone is 1.9 MB), from local files only."""

    def __init__(self) -> None:
        self._compiled: dict[Path, etree.XMLSchema] = {}

    def get(self, path: Path) -> etree.XMLSchema:
        """Give the compiled schema of a packaged or configured file; what it imports must lie beside it.

        Raises:
            OSError: there is no such file.
            lxml.etree.XMLSchemaParseError: it is not a usable schema: an error of configuration.
        """
        path = path.resolve(strict=True)
        if path not in self._compiled:
            parser = etree.XMLParser(**hardened())
            self._compiled[path] = etree.XMLSchema(etree.parse(str(path), parser))
        return self._compiled[path]


class Fault(NamedTuple):
    """One sentence of the validator, as a place: the line, and the element it stands at (None: the document)."""

    line: int
    node: Element | None


def faults(schema: etree.XMLSchema, tree: Tree) -> list[Fault]:
    """Validate a document and give all that is wrong with it."""
    if schema.validate(tree):
        return []
    found = []
    for error in islice(cast("Iterable[LogEntry]", schema.error_log), MAX_ERRORS):
        nodes = cast("list[Element]", tree.xpath(error.path)) if error.path else []
        found.append(Fault(error.line, nodes[0] if nodes else None))
    return found


def path_of(element: Element) -> str:
    """Give an element's path as `Stream` writes it: `/catalog/provider[1]/course[2]`."""
    parent = element.getparent()
    name = etree.QName(element).localname
    if parent is None:
        return f"/{name}"
    before = sum(1 for _ in element.itersiblings(element.tag, preceding=True))
    return f"{path_of(parent)}/{name}[{before + 1}]"


class WholeJudge:
    """Judges a document as a whole, which sees what no single record shows (unique keys, what must be there).

    Args:
        schema: the compiled XSD.
        content: the document, already through the gate and well formed.
        records: which elements are records.
    """

    def __init__(self, schema: etree.XMLSchema, content: bytes, records: Records) -> None:
        self._records = records
        self._broken: dict[str, tuple[str, bytes]] = {}
        self._outside: list[tuple[str, str, bytes]] = []
        root = etree.fromstring(content, etree.XMLParser(**hardened()))
        for fault in faults(schema, root.getroottree()):
            self._note(fault)
        if self._outside:
            # libxml2 looks no further into an element whose children are not as agreed: ask for each record alone.
            for record in _outermost(root, records):
                self._alone(schema, record)

    def _note(self, fault: Fault, prefix: tuple[str, str] = ("", "")) -> None:
        """Keep a fault under the innermost record that holds it; `prefix` turns a copy's path into the original's."""
        record = fault.node
        while record is not None and not self._records.has(record):
            record = record.getparent()
        place = "" if fault.node is None else ", " + path_of(fault.node).replace(*prefix, 1)
        if record is not None:
            path = path_of(record).replace(*prefix, 1)
            self._broken.setdefault(path, (f"riga {fault.line}{place}", element_bytes(record)))
        elif not prefix[0]:
            self._outside.append((f"riga {fault.line}{place}", "xml.xsd", b""))

    def _alone(self, schema: etree.XMLSchema, record: Element) -> None:
        parent = record.getparent()
        if parent is None:
            return
        copy = deepcopy(record)
        shell = _shell(parent, self._records)
        shell.append(copy)
        for fault in faults(schema, shell.getroottree()):
            self._note(fault, (path_of(copy), path_of(record)))

    def see(self, element: Element, index: int) -> None:
        """Nothing to do: the document was judged before."""

    def sift(self, page: Page) -> Page:
        """Move the broken records of a page from its rows to its troubles."""
        broken = {
            index: self._broken[path]
            for index, position in enumerate(page.positions if self._broken else ())
            if (path := _path(position)) in self._broken
        }
        outside, self._outside = self._outside, []
        return _sifted(page, broken, outside)


class _Group(NamedTuple):
    """Copies of a page's records that have one parent, in a copy of what stands around them."""

    parent: Element
    shell: Element
    rows: dict[Element, int]


class PageJudge:
    """Judges the records of a long document page by page: each page in a copy of what stands around its records."""

    def __init__(self, schema: etree.XMLSchema, records: Records) -> None:
        self._schema = schema
        self._records = records
        self._groups: list[_Group] = []

    def see(self, element: Element, index: int) -> None:
        """Copy a record before it is cleared.

        Raises:
            ValueError: records within records cannot be judged page by page.
        """
        parent = element.getparent()
        if parent is None or any(self._records.has(above) for above in element.iterancestors()):
            raise ValueError("An XSD is checked page by page only for records that are not within other records.")
        if not self._groups or self._groups[-1].parent is not parent:
            self._groups.append(_Group(parent, _shell(parent, self._records), {}))
        copy = deepcopy(element)
        self._groups[-1].shell.append(copy)
        self._groups[-1].rows[copy] = index

    def sift(self, page: Page) -> Page:
        """Move the broken records of a page from its rows to its troubles."""
        broken: dict[int, tuple[str, bytes]] = {}
        outside: list[tuple[str, str, bytes]] = []
        for group in self._groups:
            for fault in faults(self._schema, group.shell.getroottree()):
                node, within = fault.node, ""
                while node is not None and node not in group.rows:
                    within = f"/{etree.QName(node).localname}{within}"
                    node = node.getparent()
                if node is None:
                    outside.append((f"riga {fault.line}", "xml.xsd", b""))
                else:
                    index = group.rows[node]
                    place = f"riga {fault.line}, {_path(page.positions[index])}{within}"
                    broken.setdefault(index, (place, element_bytes(node)))
        self._groups = []
        return _sifted(page, broken, outside)


def _outermost(root: Element, records: Records) -> list[Element]:
    return [
        each
        for each in root.iter(*records.readers)
        if records.has(each) and not any(records.has(above) for above in each.iterancestors())
    ]


def _shell(parent: Element, records: Records) -> Element:
    """Copy an element and its ancestors with what stands before the records, without the records."""
    shell = etree.Element(
        parent.tag,
        cast("dict[str, str]", dict(parent.attrib)),
        cast("dict[str, str]", parent.nsmap),
    )
    for child in parent:
        if child.tag in records.readers:
            break
        shell.append(deepcopy(child))
    above = parent.getparent()
    if above is not None:
        _shell(above, records).append(shell)
    return shell


def _path(position: str) -> str:
    return position.split(", ", 1)[1]


def _sifted(page: Page, broken: dict[int, tuple[str, bytes]], outside: list[tuple[str, str, bytes]]) -> Page:
    troubles = [*page.troubles, *outside, *((place, "xml.xsd", content) for place, content in broken.values())]
    if not broken:
        return Page(page.rows, page.positions, troubles)
    return Page(
        [row for index, row in enumerate(page.rows) if index not in broken],
        [place for index, place in enumerate(page.positions) if index not in broken],
        troubles,
    )
