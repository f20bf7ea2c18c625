"""Buying: an order is placed once, paid or cancelled, and what it holds is given back exactly once."""
