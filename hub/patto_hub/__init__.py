"""Who, when, what if: clock, runner, ledger, feeds, API, staff console and command line."""
