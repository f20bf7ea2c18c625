"""Reviews and what the administration keeps."""

from __future__ import annotations

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand: what runs now must go on working beside it."""


def downgrade() -> None:
    """Take it back."""
