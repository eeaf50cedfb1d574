"""Checks of identifiers: tax code, VAT number, IBAN, CUP, policy identifier."""
