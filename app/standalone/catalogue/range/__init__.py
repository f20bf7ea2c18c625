"""The range: a module for each shelf, with how its designs are drawn and what is said about them."""
