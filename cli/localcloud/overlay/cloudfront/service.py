"""What every noun of the CloudFront overlay starts from."""

from __future__ import annotations

from typing import Any, NamedTuple
from xml.etree.ElementTree import Element

from ministack.services.cloudfront import _dist_config_el as config_element
from ministack.services.cloudfront import _distributions as distributions

from localcloud.overlay import Overlay

overlay = Overlay("cloudfront")


class Fault(NamedTuple):
    """What CloudFront finds wrong with a configuration, as it says it."""

    code: str
    message: str
    status: int = 400


def text_at(element: Element, path: str) -> str:
    """The text at a path, in whatever namespace the sender wrote it; empty when there is none."""
    return element.findtext("/".join(f"{{*}}{name}" for name in path.split("/"))) or ""


def texts_at(element: Element, path: str) -> tuple[str, ...]:
    """All texts at a path."""
    return tuple(found.text or "" for found in all_at(element, path))


def all_at(element: Element, path: str) -> list[Element]:
    """All elements at a path."""
    return element.findall("/".join(f"{{*}}{name}" for name in path.split("/")))


def config_of(distribution: Any) -> Element:
    """The configuration of a distribution of ministack's."""
    config: Element = config_element(distribution)
    return config


def users_of(path: str, value: str) -> tuple[str, ...]:
    """The ids of the account's distributions that have a value at a path of their configuration."""
    return tuple(
        distribution["Id"]
        for distribution in distributions.values()
        if value in texts_at(config_of(distribution), path)
    )
