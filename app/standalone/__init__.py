"""A whole shop on one machine, without AWS: what `make shop` starts."""
