"""One file per verb: parse, build the adapters, call the operation, return the result."""
