"""Ends the process at once."""

import os

os._exit(9)
