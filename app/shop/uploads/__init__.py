"""Files from outside: promised an address to be sent to, looked at, and only then made public."""
