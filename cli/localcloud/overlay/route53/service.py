"""What every noun of the Route 53 overlay starts from."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from localcloud.overlay import Overlay

overlay = Overlay("route53")


def text_at(element: Element, path: str) -> str:
    """The text at a path, in whatever namespace the sender wrote it; empty when there is none."""
    return element.findtext("/".join(f"{{*}}{name}" for name in path.split("/"))) or ""
