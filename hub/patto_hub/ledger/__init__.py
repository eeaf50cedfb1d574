"""The ledger: the only package that knows SQL.

`store.py` opens the database and runs work in one transaction; `tables.py` says what is kept; every other module is the
SQL of one noun, as plain functions that take a connection: `await ledger.write(runs.finish, run, ...)`.
"""
