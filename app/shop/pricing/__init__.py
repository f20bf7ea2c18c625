"""What a cart costs: pure functions over plain tables. They know no database and no request."""
