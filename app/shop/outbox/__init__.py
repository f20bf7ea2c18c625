"""What follows from a change and happens outside the database: written with the change, done by the worker."""
