"""Journalled runs: one quorum of immutable records carries the lock, the journal and the facts."""
