"""The lenders' names and words (`names.toml`) laid over the canonical records: a page becomes records in one pass."""

from __future__ import annotations

from pathlib import Path

from patto_schemas.model import Loan, PaymentOrder, Visit
from patto_schemas.model.dialect import dialect, read_table

TABLE = read_table(Path(__file__).with_name("names.toml"))

LenderLoan = dialect(Loan, TABLE, "Lender")
LenderVisit = dialect(Visit, TABLE, "Lender")
LenderOrder = dialect(PaymentOrder, TABLE, "Lender")
