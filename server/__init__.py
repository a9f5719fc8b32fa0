"""The front door: wiring, routes, database, outbox and command line; the only room that knows the others. Pure."""
