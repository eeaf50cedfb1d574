"""Drop folders, CSV, spreadsheets, and files handed over."""
