"""What DNS would answer about a name: the records of all public hosted zones here, whoever owns them."""

# ruff: noqa: SLF001 - DNS knows no accounts, ministack's stores do

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ministack.services import route53

_CAA = re.compile(r'\d+ (issue|issuewild|iodef) "([^";]*)[^"]*"')
# docs.aws.amazon.com/acm/latest/userguide/setup-caa.html
_AMAZON = frozenset({"amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com"})


def points_to(name: str, target: str) -> bool:
    """Whether a name is a CNAME for a target."""
    return any(target.lower().rstrip(".") == value.lower().rstrip(".") for value in _values(name, "CNAME"))


def lets_amazon_issue(domain: str) -> bool:
    """Whether the CAA records of a domain, or of the closest one above that has any, let Amazon issue.

    Source: docs.aws.amazon.com/acm/latest/userguide/setup-caa.html: for a wildcard ``issuewild`` counts, and
    ``issue`` where there is none.
    """
    found = [match.groups() for value in _closest_caa(domain.removeprefix("*.")) if (match := _CAA.fullmatch(value))]
    by_tag = {tag: {authority for other, authority in found if other == tag} for tag, _ in found if tag != "iodef"}
    wanted = by_tag.get("issuewild") if domain.startswith("*.") else None
    authorities = wanted if wanted is not None else by_tag.get("issue")
    return authorities is None or bool(authorities & _AMAZON)


def _closest_caa(domain: str) -> list[str]:
    labels = domain.split(".")
    for start in range(len(labels)):
        if values := list(_values(".".join(labels[start:]), "CAA")):
            return values
    return []


def _values(name: str, kind: str) -> Iterator[str]:
    wanted = name.lower().rstrip(".")
    for record in _public_records():
        if record["Type"] == kind and record["Name"].lower().rstrip(".") == wanted:
            yield from record.get("ResourceRecords", ())


def _public_records() -> Iterator[Mapping[str, Any]]:
    """ACM can't look into private zones (docs.aws.amazon.com/acm/latest/userguide/domain-ownership-validation.html)."""
    public = {key for key, zone in tuple(route53._zones._data.items()) if not zone.get("private")}
    for key, records in tuple(route53._records._data.items()):
        if key in public:
            yield from records
