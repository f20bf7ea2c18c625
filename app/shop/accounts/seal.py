"""Signing what a browser keeps for the shop, so that the shop takes back only what it gave."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seal:
    """Signs texts for one purpose: what was signed for another does not pass. Source: RFC 2104 (HMAC)."""

    key: bytes
    purpose: str

    def close(self, text: str) -> str:
        """Return the text with its signature. Pure."""
        return f"{text}.{self.derive(text)}"

    def open(self, sealed: str) -> str | None:
        """Return the text, or None if the shop never signed it. Pure."""
        text, _, signature = sealed.rpartition(".")
        return text if hmac.compare_digest(signature.encode(), self.derive(text).encode()) else None

    def derive(self, text: str) -> str:
        """Return 43 characters that only the holder of the key can tell from the text. Pure."""
        mac = hmac.digest(self.key, f"{self.purpose}\0{text}".encode(), "sha256")
        return urlsafe_b64encode(mac).decode().rstrip("=")
