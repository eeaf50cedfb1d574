"""The one place where a hub is put together: settings, ledger, plugins, jobs, clock, web."""
