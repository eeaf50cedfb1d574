"""How records travel: the connector contract and the transports that plugins build on."""
