"""Every real file of the programme's partner kinds is read as its partner's would be, or named as a contract only.

The table is the page `docs/explanation/real-files.md`; what it says is what comes out here.
"""

from __future__ import annotations

import importlib.util
import io
import re
from collections import Counter
from typing import NamedTuple

import pytest
from lxml import etree

from patto_connectors.errors import Malformed
from patto_connectors.files import REGISTER, Format
from patto_connectors.files.pages import read_pages
from patto_connectors.iso20022 import CamtSource
from patto_connectors.json import parse_strict
from patto_connectors.soap import load_service, read_wsdl
from patto_connectors.xml import Schemas, file_body
from patto_plugins.employment_centres import sil
from patto_plugins.microcredit import movements
from patto_plugins.training_catalogue import elm, xcri

pytestmark = pytest.mark.shared

FOLDERS = ("employment", "enrolment", "microcredit", "spreadsheets", "training")
LINE = re.compile(r"^\| `(?P<files>[^`]+)` \| (?P<what>[^|]+) \| (?P<figure>[^|]+) \|$", re.MULTILINE)
OPEN_API_PATH = re.compile(r"^ {2}['\"]?/(?P<path>[^'\"\s]*?)['\"]?:\s*$", re.MULTILINE)
VDEX_CODE = "{http://www.imsglobal.org/xsd/imsvdex_v1p0}termIdentifier"


class Line(NamedTuple):
    files: str
    what: str
    figure: str


@pytest.fixture(scope="module")
def real(shared):
    return shared / "real"


@pytest.fixture(scope="module")
def page(root):
    """The lines of the page: files that are read, and contracts."""
    text = (root / "docs/explanation/real-files.md").read_text("utf-8")
    read, _, contracts = text.partition("## Contracts only")
    return [[Line(*each.groups()) for each in LINE.finditer(part)] for part in (read, contracts)]


@pytest.fixture(scope="module")
def registers(root):
    """The agreement on the town's workbooks, from the tests that look closer at them."""
    path = root / "tests/connectors/files/test_real_registers.py"
    spec = importlib.util.spec_from_file_location("agreed_registers", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def schemas():
    return Schemas()


def counted(records):
    return Counter(record.kind for record in records)


async def statement(real, path):
    rows, noted = [], []
    try:
        async for batch in CamtSource(body=file_body(path), xsd=real / "microcredit/xsd").read(None):
            rows += batch.rows
            noted += [code for _, code, _ in batch.troubles]
    except Malformed as refused:
        return f"refused: {refused.code}, {refused.position}"
    told = ", ".join(f"{count} {kind}" for kind, count in counted(map(movements.translate, rows)).items())
    return f"{told}; noted: {', '.join(noted)}" if noted else told


def register(registers, path):
    pages = list(read_pages(io.BytesIO(path.read_bytes()), path.name, Format.SHEET, registers.READING))
    rows = Counter(row[REGISTER] for page in pages for row in page.rows)
    assert [page.troubles for page in pages if page.troubles] == []
    return f"{' + '.join(str(rows[each.name]) for each in registers.REGISTERS)} rows"


async def catalogue(source, translate):
    batches = [batch async for batch in source.read(None)]
    assert [batch.troubles for batch in batches if batch.troubles] == []
    records = [translate(row) for batch in batches for row in batch.rows]
    kinds = counted(records)
    editions = sum(len(record.presentations) for record in records if record.kind == "course_offering")
    return f"{kinds['course_offering']} course_offering, {editions} presentations, {kinds['organisation']} organisation"


async def give(line, real, registers):
    """Read a file as its partner's would be, and say what came of it."""
    path = real / line.files
    if line.what == "bank statement":
        return await statement(real, path)
    if line.what == "register":
        return register(registers, path)
    if line.what == "ELM catalogue":
        return await catalogue(elm.source(file_body(path), "it", path.with_suffix(".xsd")), elm.translate)
    assert line.what == "XCRI catalogue"
    return await catalogue(xcri.source(file_body(path), "en"), xcri.translate)


def test_every_file_has_exactly_one_line(real, page):
    there = {
        path.relative_to(real).as_posix() for name in FOLDERS for path in (real / name).rglob("*") if path.is_file()
    }
    named = Counter(
        path.relative_to(real).as_posix() for part in page for each in part for path in real.glob(each.files)
    )

    assert {path for path in there if named[path] != 1} == set(), "give each file one line of real-files.md"
    assert set(named) == there


def test_no_line_is_about_a_file_that_is_not_there(real, page):
    assert [each.files for part in page for each in part if not list(real.glob(each.files))] == []


async def test_each_file_gives_what_the_page_says(real, page, registers):
    given = {each.files: await give(each, real, registers) for each in page[0]}

    assert given == {each.files: each.figure for each in page[0]}


def test_each_schema_is_compiled_by_the_code_that_judges_documents(real, page, schemas):
    for line in (each for each in page[1] if each.files.endswith(".xsd")):
        compiled = [schemas.get(path) for path in real.glob(line.files)]

        assert re.match(rf"{len(compiled)} schemas?, compiled", line.figure), line


@pytest.mark.parametrize("name", ["sapWS.wsdl", "getRdc.wsdl"])
def test_each_service_is_loaded_by_the_code_that_calls_it(real, page, name):
    service = load_service(read_wsdl(real / "employment" / name))

    (line,) = (each for each in page[1] if each.files.endswith(name))
    assert line.figure.startswith(f"{len(service.operations)} operations, loaded")


@pytest.mark.parametrize("name", ["silpapi.yaml", "msgsrv.yaml"])
def test_the_paths_of_each_open_api_are_counted(real, page, name):
    paths = OPEN_API_PATH.findall((real / "employment" / name).read_text("utf-8"))

    (line,) = (each for each in page[1] if each.files.endswith(name))
    assert line.figure.startswith(f"{len(set(paths))} paths")


def test_trap_4_an_open_api_without_info_is_held_to_all_the_same(real):
    text = (real / "employment/silpapi.yaml").read_text("utf-8")
    paths = {re.sub(r"/\{[^}]+\}$", "", path) for path in OPEN_API_PATH.findall(text)}

    assert re.search(r"^openapi: 3", text, re.MULTILINE)
    assert not re.search(r"^info:", text, re.MULTILINE), "no tool that wants a valid OpenAPI document reads this one"
    assert {sil.SEARCH, sil.FILE, sil.HISTORY} <= paths


def test_the_examples_that_no_partner_speaks_are_strict_json_all_the_same(real, page):
    (line,) = (each for each in page[1] if each.files.endswith(".json"))
    values = [parse_strict(path.read_bytes()) for path in real.glob(line.files)]

    assert line.figure.startswith(f"{len(values)} examples, strict JSON")
    assert all({"signature", "header", "message"} <= value.keys() for value in values)


def test_each_study_mode_of_the_list_is_known(real, page):
    codes = [each.text for each in etree.parse(real / "training/xcri/studyMode1_0.vdex.xml").iter(VDEX_CODE)]

    (line,) = (each for each in page[1] if each.files.endswith("vdex.xml"))
    assert line.figure == f"{len(codes)} codes, each known to the translation"
    assert {code.lower() for code in codes} <= xcri.STUDY_MODES.keys()
