"""Files: drop folders, Italian CSV, workbooks, JSON; and files written back, whole or not at all."""

from patto_connectors.files.archive import ArchiveCaps
from patto_connectors.files.atomic import put, written
from patto_connectors.files.charset import Charset, accented, charset_of
from patto_connectors.files.delimited import CsvProfile, read_csv
from patto_connectors.files.drop import DropFolderSource
from patto_connectors.files.names import Format, safe_name, shown
from patto_connectors.files.pages import Reading
from patto_connectors.files.register import IDENTITY, REGISTER, SHEET, Register
from patto_connectors.files.scope import Scope, by_column, by_name
from patto_connectors.files.sheet import SheetProfile, read_sheet
from patto_connectors.files.sink import FileSink
from patto_connectors.files.table import Line
from patto_connectors.files.write import Written, csv_bytes, write_rows

__all__ = [
    "IDENTITY",
    "REGISTER",
    "SHEET",
    "ArchiveCaps",
    "Charset",
    "CsvProfile",
    "DropFolderSource",
    "FileSink",
    "Format",
    "Line",
    "Reading",
    "Register",
    "Scope",
    "SheetProfile",
    "Written",
    "accented",
    "by_column",
    "by_name",
    "charset_of",
    "csv_bytes",
    "put",
    "read_csv",
    "read_sheet",
    "safe_name",
    "shown",
    "write_rows",
    "written",
]
