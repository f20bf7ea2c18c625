"""A payment provider on one machine: a process that answers as Stripe's API does, so far as the shop uses it.

    python -m standalone.payments --port 8001 --webhook http://127.0.0.1:8000/webhooks/payments

It is as strict as Stripe where Stripe is strict; each rule names the page of Stripe's documentation that it is from.
What the shop does not ask of Stripe, it does not know, and refuses. No money moves and no real card is taken.
"""
