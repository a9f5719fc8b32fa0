"""What comes back for a claim: acknowledgments, payments, and the states they lead a claim to. Pure.

Each reader takes the segments of one transaction and gives values, one after another, so that a payment of ten thousand
claims is never held whole. They read what the guides say and refuse the rest by segment and element, for what is read
here moves money; only codes that payers coin or X12 adds (reasons, remarks, adjustments) pass unknown, and stay as they
are.
"""
