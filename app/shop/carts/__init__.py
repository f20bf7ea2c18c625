"""What visitors are about to buy."""
