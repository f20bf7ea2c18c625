"""What the tests of the shop share."""
