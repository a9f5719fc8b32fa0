"""What an auditor is given of an encounter: a checklist with its proofs, the papers, and a signed list of both. Pure.

`dossier` says what may stand in a package (and by its types what never can: psychotherapy notes, 45 CFR 164.501),
`checklist` proves or shows a gap, `package_paper` is the PDF, `parts` the same as JSON, `sealed` the manifest that
binds both under the practice's key, `disclosure` the numbered bundle for a payer's request with its log. A package is
self-contained: whoever has the published key set can prove it without this software (deploy/verify-package.py).
"""
