"""What the staff does: goods, orders, vouchers, figures, roles. Every change is written down with who made it."""
