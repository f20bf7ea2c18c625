"""What every page and every call has in common."""
