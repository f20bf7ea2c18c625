"""Parameters of the local cloud have the names, sizes and tiers that AWS takes, and are found by filters."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.client import LocalCloud
from support.refusal import code_of, refusal

REGION = "eu-central-1"


@pytest.fixture(scope="module")
def ssm(shared_cloud: LocalCloud) -> Any:
    return shared_cloud.client("ssm", REGION)


def put(ssm: Any, name: str, value: str = "x", **more: Any) -> None:
    ssm.put_parameter(**{"Name": name, "Value": value, "Type": "String", **more})


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"Name": "/shop/a b"}, "ValidationException"),
        ({"Name": "shop/a"}, "ValidationException"),
        ({"Name": "/shop/" + "a" * 1000}, "ValidationException"),
        ({"Name": "/ssm/a"}, "ValidationException"),
        ({"Name": "/aws/a"}, "AccessDeniedException"),
        ({"Name": "/" + "/".join("a" * 16)}, "HierarchyLevelLimitExceededException"),
        ({"Value": ""}, "ValidationException"),
        ({"Value": "{{ssm:other}}"}, "ValidationException"),
        ({"Value": "abc", "AllowedPattern": "^[0-9]+$"}, "ParameterPatternMismatchException"),
        ({"Description": "a" * 1025}, "ValidationException"),
        ({"Value": "a" * 8193, "Tier": "Advanced"}, "ValidationException"),
    ],
)
def test_a_parameter_that_aws_does_not_take_is_refused(ssm: Any, wanted: dict[str, str], code: str) -> None:
    assert code_of(ssm.put_parameter, **{"Name": "/shop/refused", "Value": "x", "Type": "String", **wanted}) == code


def test_a_standard_parameter_has_at_most_4096_characters(ssm: Any) -> None:
    put(ssm, "/size/fits", "a" * 4096)
    code, message = refusal(ssm.put_parameter, Name="/size/large", Value="a" * 4097, Type="String")
    assert code == "ValidationException"
    assert message.startswith("Standard tier parameters support a maximum parameter value of 4096 characters.")
    put(ssm, "/size/large", "a" * 4097, Tier="Advanced")
    put(ssm, "/size/clever", "a" * 4097, Tier="Intelligent-Tiering")
    found = ssm.describe_parameters(ParameterFilters=[{"Key": "Path", "Values": ["/size"]}])["Parameters"]
    assert {one["Name"]: one["Tier"] for one in found} == {
        "/size/fits": "Standard", "/size/large": "Advanced", "/size/clever": "Advanced",
    }  # fmt: skip


def test_an_advanced_parameter_has_no_way_back(ssm: Any) -> None:
    put(ssm, "/tier/up", Tier="Standard")
    put(ssm, "/tier/up", Tier="Advanced", Overwrite=True)
    _, message = refusal(ssm.put_parameter, Name="/tier/up", Value="x", Type="String", Tier="Standard", Overwrite=True)
    assert "can't downgrade" in message


def test_a_parameter_that_stands_is_overwritten_only_when_told(ssm: Any) -> None:
    put(ssm, "/shop/once", "first")
    assert code_of(ssm.put_parameter, Name="/shop/once", Value="second", Type="String") == "ParameterAlreadyExists"
    put(ssm, "/shop/once", "second", Overwrite=True)
    parameter = ssm.get_parameter(Name="/shop/once")["Parameter"]
    assert (parameter["Value"], parameter["Version"]) == ("second", 2)
    versions = ssm.get_parameter_history(Name="/shop/once")["Parameters"]
    assert [(one["Version"], one["Value"]) for one in versions] == [(1, "first"), (2, "second")]


def test_a_parameter_is_described_as_it_was_put(ssm: Any) -> None:
    put(ssm, "/described/full", Description="For the worker.", AllowedPattern="^x$")
    put(ssm, "/described/bare")
    bare, full = ssm.describe_parameters(ParameterFilters=[{"Key": "Path", "Values": ["/described"]}])["Parameters"]
    assert (full["Description"], full["AllowedPattern"], full["DataType"]) == ("For the worker.", "^x$", "text")
    assert bare.keys().isdisjoint({"Description", "AllowedPattern", "KeyId"})


@pytest.fixture(scope="module")
def filled(shared_cloud: LocalCloud) -> Any:
    """Parameters in a region of their own."""
    client = shared_cloud.client("ssm", "eu-west-1")
    put(client, "/a/one", Tags=[{"Key": "Team", "Value": "shop"}])
    put(client, "/a/two", Type="StringList")
    put(client, "/a/deep/three")
    put(client, "/b/one", Tags=[{"Key": "Team", "Value": "edge"}])
    return client


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({"Key": "Name", "Values": ["/a/one"]}, ["/a/one"]),
        ({"Key": "Name", "Option": "Equals", "Values": ["/a/one", "/b/one"]}, ["/a/one", "/b/one"]),
        ({"Key": "Name", "Option": "BeginsWith", "Values": ["/a/"]}, ["/a/deep/three", "/a/one", "/a/two"]),
        ({"Key": "Name", "Option": "Contains", "Values": ["one"]}, ["/a/one", "/b/one"]),
        ({"Key": "Path", "Values": ["/a"]}, ["/a/one", "/a/two"]),
        ({"Key": "Path", "Option": "Recursive", "Values": ["/a"]}, ["/a/deep/three", "/a/one", "/a/two"]),
        ({"Key": "Type", "Values": ["StringList"]}, ["/a/two"]),
        ({"Key": "tag:Team", "Values": ["shop"]}, ["/a/one"]),
        ({"Key": "tag:Team"}, ["/a/one", "/b/one"]),
        ({"Key": "Tier", "Values": ["Advanced"]}, []),
    ],
)
def test_filters_narrow(filled: Any, wanted: dict[str, Any], names: list[str]) -> None:
    found = filled.describe_parameters(ParameterFilters=[wanted])["Parameters"]
    assert [one["Name"] for one in found] == names


def test_a_filter_with_another_key_s_option_is_refused(filled: Any) -> None:
    wanted = [{"Key": "Type", "Option": "Contains", "Values": ["String"]}]
    assert code_of(filled.describe_parameters, ParameterFilters=wanted) == "InvalidFilterOption"


def test_a_long_answer_comes_in_pages(filled: Any) -> None:
    pages = filled.get_paginator("describe_parameters").paginate(PaginationConfig={"PageSize": 3})
    assert [len(page["Parameters"]) for page in pages] == [3, 1]


def test_tags_change_and_go_with_the_parameter(ssm: Any) -> None:
    put(ssm, "/tags/one", Tags=[{"Key": "Name", "Value": "/tags/one"}])
    ssm.add_tags_to_resource(ResourceType="Parameter", ResourceId="/tags/one", Tags=[{"Key": "Team", "Value": "shop"}])
    ssm.remove_tags_from_resource(ResourceType="Parameter", ResourceId="/tags/one", TagKeys=["Name"])
    tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/tags/one")["TagList"]
    assert tags == [{"Key": "Team", "Value": "shop"}]
    ssm.delete_parameter(Name="/tags/one")
    assert code_of(ssm.list_tags_for_resource, ResourceType="Parameter", ResourceId="/tags/one") == "InvalidResourceId"


def test_parameters_survive_a_kill(server: Any) -> None:
    cloud = server.start()
    put(cloud.client("ssm", REGION), "/kept/one", Tags=[{"Key": "Name", "Value": "/kept/one"}])
    server.kill()
    ssm = server.start(port=int(cloud.endpoint.rpartition(":")[2])).client("ssm", REGION)
    assert ssm.get_parameter(Name="/kept/one")["Parameter"]["Value"] == "x"
    tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/kept/one")["TagList"]
    assert tags == [{"Key": "Name", "Value": "/kept/one"}]


def test_every_reply_had_the_shape_that_botocore_expects(shared_cloud: LocalCloud) -> None:
    assert shared_cloud.problems() == ()
