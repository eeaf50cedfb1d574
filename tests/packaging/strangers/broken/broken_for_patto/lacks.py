"""Imports what nobody has installed."""

import no_such_module_anywhere  # noqa: F401 - nobody has it
