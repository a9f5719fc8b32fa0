"""From a released encounter to a claim, and out to payers.

`claim.py` is the seam: a claim as a value, which nothing of X12 shapes. `from_encounter` makes one or names what is
missing, `corrections` replaces it or takes it back, `secondary` sends it on to the next payer. `scrub` says everything
that a payer would send it back for, `emit` writes batches of them, `reading` reads such a file back, so that all checks
also run over what really leaves the house (`scrub_text`). `fields` lists what is written, `written` is a claim
as its file says it. `companion` holds what a state adds to the national guide, as data with its sources. Nothing here
asks a clock, a store or a network; `companion_files` alone reads files, those that are shipped. Pure.
"""
