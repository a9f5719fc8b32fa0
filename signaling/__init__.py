"""Signaling: who may be in which visit, when, and what each is told. Pure.

Imports no other part of the house. Start reading at `visit.py` (the life of a visit), then `hub.py` (the one shell:
decide, append, evolve, tell) and `PROTOCOL.md` (the wire, message by message).
"""
