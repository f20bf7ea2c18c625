"""AWS's own prefix lists, each with the weight that it has in a security group.

Source: docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html, "AWS-managed prefix list
weight".
"""

from __future__ import annotations

from xml.etree.ElementTree import fromstring, register_namespace, tostring

from ministack.services.ec2 import _get_aws_managed_prefix_lists as aws_prefix_lists
from ministack.services.ec2 import _prefix_lists as prefix_lists

from localcloud.message import Forward, Request, Response
from localcloud.overlay.ec2.service import overlay

# By the end of the list's name; the IPv6 list of a service weighs the same.
_WEIGHTS = {
    "cloudfront.origin-facing": 55, "dynamodb": 1, "ec2-instance-connect": 2, "groundstation": 5,
    "route53-healthchecks": 25, "s3": 1, "s3express": 6, "vpc-lattice": 10,
}  # fmt: skip


def weight(prefix_list_id: str) -> int | None:
    """How many rules a prefix list counts as, or None where there is none."""
    if own := prefix_lists.get(prefix_list_id):
        return int(own["MaxEntries"])
    names = {one["PrefixListId"]: one["PrefixListName"] for one in aws_prefix_lists()}
    return _weight_of(names[prefix_list_id]) if prefix_list_id in names else None


def _weight_of(name: str) -> int:
    suffix = name.removeprefix("com.amazonaws.").partition(".")[2].removeprefix("ipv6.")
    return _WEIGHTS[suffix]


@overlay.on("DescribeManagedPrefixLists")
async def describe_managed_prefix_lists(request: Request, forward: Forward) -> Response:
    """AWS's lists are as long as they weigh."""
    reply = await forward(request)
    if reply.status != 200:
        return reply
    register_namespace("", "http://ec2.amazonaws.com/doc/2016-11-15/")
    root = fromstring(reply.body)  # noqa: S314 - written by ministack
    for item in root.iterfind("{*}prefixListSet/{*}item"):
        entries = item.find("{*}maxEntries")
        if item.findtext("{*}ownerId") == "AWS" and entries is not None:
            entries.text = str(_weight_of(item.findtext("{*}prefixListName", "")))
    return reply.with_body(tostring(root, encoding="utf-8"))
