"""The money of each encounter as a list of entries that only grows, and how payments are posted to it. Pure.

Whole cents. A balance is what the entries fold to, never a number that is kept. Every entry has a key that the same
cause always gives, so whatever comes twice counts once; what cannot be placed waits in a list with its reason, and is
placed when what it waited for has come, so the order in which payments come does not matter.
"""
