"""The kinds of text that env.yaml may hold: each refuses what AWS would refuse later, and says what to write."""

from __future__ import annotations

import re
from ipaddress import IPv4Network
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


class Form:
    """A text that must match ``pattern`` as a whole; ``cure`` says what it must be."""

    def __init__(self, pattern: str, cure: str) -> None:
        self.pattern = pattern
        self.cure = cure

    def __get_pydantic_core_schema__(self, source: type[Any], handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), "pattern": f"^(?:{self.pattern})$"}

    def _check(self, value: str) -> str:
        if not re.fullmatch(self.pattern, value):
            raise PydanticCustomError("form", "must be {cure}", {"cure": self.cure})
        return value


def whole_number(value: object) -> object:
    """Let nothing but an int pass to a choice of numbers, where True would count as 1 and 7.0 as 7. Pure."""
    if type(value) is not int:
        raise PydanticCustomError("int_type", "must be a whole number")
    return value


class NetworkAddress:
    """A text that is an IPv4 network with no host bits set and a prefix between two lengths."""

    def __init__(self, largest: int, smallest: int) -> None:
        self.largest = largest
        self.smallest = smallest

    def __get_pydantic_core_schema__(self, source: type[Any], handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def _check(self, value: str) -> str:
        try:
            network = IPv4Network(value, strict=False)
        except ValueError:
            raise PydanticCustomError("cidr", "is not an IPv4 network; write one such as 10.0.0.0/16") from None
        if not self.largest <= network.prefixlen <= self.smallest:
            context = {"largest": self.largest, "smallest": self.smallest}
            raise PydanticCustomError("cidr", "must be a network from /{largest} to /{smallest}", context)
        if str(network) != value:
            raise PydanticCustomError("cidr", "is not the beginning of a network; write {it}", {"it": str(network)})
        return value


# Source: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html (/16 to /28 for VPC and subnet).
# The shop's VPC ends at /24, because six subnets must fit into it.
VpcCidr = Annotated[str, NetworkAddress(16, 24)]
SubnetCidr = Annotated[str, NetworkAddress(16, 28)]
AccountId = Annotated[str, Form(r"\d{12}", 'the twelve digits of an account, such as "111122223333"')]
# No hyphen in a project's name keeps `<project>-<env>` unique.
ProjectName = Annotated[str, Form(r"[a-z][a-z0-9]{1,19}", "2 to 20 lower-case letters and digits, no hyphen")]
EnvName = Annotated[
    str, Form(r"(?=.{2,20}$)[a-z](?:-?[a-z0-9])+", "2 to 20 lower-case letters, digits and single hyphens")
]
# A certificate names the domain and *.domain, in 64 characters each.
# Source: https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html (DomainName)
Domain = Annotated[
    str,
    Form(
        r"(?=.{4,62}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}",
        "a domain in lower case, such as shop.example.com",
    ),
]
Email = Annotated[str, Form(r"[^@\s\"'<>]+@[^@\s\"'<>]+\.[a-z]{2,63}", "an e-mail address")]
# Source: https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
TagValue = Annotated[
    str, Form(r"[\w.:/=+@-][\w .:/=+@-]{0,255}", "1 to 256 letters, digits, spaces or any of _ . : / = + - @")
]
# Source: https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
InstanceType = Annotated[str, Form(r"[a-z][a-z0-9-]*\.[a-z0-9-]+", "an instance type, such as t3.medium")]
# Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Types.html
DatabaseClass = Annotated[
    str, Form(r"db\.[a-z][a-z0-9-]*\.[a-z0-9.-]+", "a class of database instances, such as db.t4g.medium")
]
DatabaseVersion = Annotated[str, Form(r"\d{1,2}(\.\d{1,3}){0,2}", 'a version, such as "17" or "8.0"')]
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d"
TimeOfDay = Annotated[str, Form(_TIME, 'a time of day in UTC, such as "03:00"')]
# Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
BackupWindow = Annotated[str, Form(f"{_TIME}-{_TIME}", "a time of day in UTC, such as 01:00-02:00")]
MaintenanceWindow = Annotated[
    str,
    Form(
        rf"(?:mon|tue|wed|thu|fri|sat|sun):{_TIME}-(?:mon|tue|wed|thu|fri|sat|sun):{_TIME}",
        "a time of the week in UTC, such as sun:03:30-sun:04:30",
    ),
]
CountryCode = Annotated[str, Form(r"[A-Z]{2}", "a country's two capital letters, as ISO 3166 has them")]
