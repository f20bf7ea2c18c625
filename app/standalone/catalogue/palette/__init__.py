"""The surfaces that the range comes in, by kind."""
