"""How billing goes: claims sent, accepted at first, denied, days until money, what a code brings, what waits. Pure.

`lives` are the claims as counted things (no names, no client), `sums` the measures with what each counts said beside
it, `charts` draws them as SVG with the same as a table, `files` writes them as CSV, `readiness` is the owner's tile of
visits that an audit would find wanting. A measure of nothing is None and shown as "nothing yet", never as 0 %.
"""
