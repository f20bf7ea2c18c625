"""Links by which a buyer without an account reaches an order: signed with the shop's secret, for that order only."""

from __future__ import annotations

import hmac

from shop.accounts.seal import Seal


class OrderLinks:
    """Makes and checks the links."""

    def __init__(self, seal: Seal, public_url: str) -> None:
        self._seal = seal
        self._public_url = public_url

    def token(self, order_id: str) -> str:
        """Return what opens the order: always the same. Pure."""
        return self._seal.derive(order_id)

    def opens(self, order_id: str, token: str) -> bool:
        """Return whether the token is that of the order. Pure."""
        return hmac.compare_digest(self.token(order_id).encode(), token.encode(errors="replace"))

    def order(self, order_id: str, step: str = "") -> str:
        """Return the address of the order's page, or of a step of it such as ``/return``. Pure."""
        return f"{self._public_url}/orders/{order_id}{step}?token={self.token(order_id)}"
