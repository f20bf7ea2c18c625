"""What the values of a record may be.

Source: docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html.
"""

from __future__ import annotations

import ipaddress
import re

_CAA = re.compile(r'(\d{1,3}) (issue|issuewild|iodef) "[^"]*"')
_QUOTED = re.compile(r'"(?:[^"\\]|\\.){0,255}"(?:\s+"(?:[^"\\]|\\.){0,255}")*')


def value_fault(record_type: str, value: str) -> str | None:
    """What is wrong with a value of a record of this type, or None. Pure."""
    match record_type:
        case "A" if not _is_address(value, 4):
            return "ARRDATAIllegalIPv4Address"
        case "AAAA" if not _is_address(value, 6):
            return "AAAARRDATAIllegalIPv6Address"
        case "TXT" | "SPF" if not _QUOTED.fullmatch(value):
            return "InvalidCharacterString: value should be enclosed in quotation marks, of at most 255 characters each"
        case "CAA" if not _CAA.fullmatch(value):
            return 'CAARRDATAInvalid: value should be <flags> <tag> "<value>"'
        case _:
            return None


def _is_address(value: str, version: int) -> bool:
    try:
        return ipaddress.ip_address(value).version == version
    except ValueError:
        return False
