"""The fence of the authority to write."""

from __future__ import annotations

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand: what runs now must go on working beside it."""


def downgrade() -> None:
    """Take it back."""
