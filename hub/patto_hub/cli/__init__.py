"""The command line `patto`; each command imports what it needs when it is called."""
