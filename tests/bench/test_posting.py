"""The pace of posting is measured on a payment that holds."""

from __future__ import annotations

from server.bench import posting


def test_a_payment_is_made_checked_posted_and_measured() -> None:
    """Every cent of it is accounted for; five marks of memory."""
    found = posting.run(400, terminal=False)
    assert (found.right, len(found.memory)) == (True, 5)
    assert found.said == ("every cent accounted for: yes",)
    assert found.paces[-1].count == 400
    assert found.paces[-1].per_second > 50
