"""Taking money: the payment provider, its notices, and what it knows of our orders."""
