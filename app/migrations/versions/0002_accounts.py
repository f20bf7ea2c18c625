"""Accounts and sessions."""

from __future__ import annotations

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand: what runs now must go on working beside it."""


def downgrade() -> None:
    """Take it back."""
