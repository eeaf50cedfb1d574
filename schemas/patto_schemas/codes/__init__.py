"""Code lists as dated tables; nothing here is a Python enum."""

from __future__ import annotations

from patto_schemas.codes.table import CodeRow, CodeTable, table

__all__ = ["CodeRow", "CodeTable", "table"]
