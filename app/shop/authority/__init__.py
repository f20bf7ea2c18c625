"""The authority to write: which region may change orders, stock and money now, and how a process knows.

Its format and its rules are in docs/authority.md; shopctl writes it, the shop obeys it.
"""
