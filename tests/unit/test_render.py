"""Rendered variables: the same bytes each time, nothing evaluated, nothing missing, nothing secret."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import Golden
from shopctl.errors import PrerequisiteError
from shopctl.facts import Facts
from shopctl.render import Json, MissingUpstream, backend_config, hcl, render
from shopctl.stacks import StackId, build_graph
from support.environments import PROJECT, STACK_CASES, committed, deployed_facts, deployed_outputs, graph_of

GOLDEN = PROJECT / "tests" / "golden" / "tfvars"


def rendered(env: str, stack: str) -> str:
    spec, graph = committed(env), graph_of(env)
    stack_id = StackId.parse(stack)
    return render(spec, deployed_facts(spec), graph.get(stack_id), deployed_outputs(spec, graph))


def golden_file(env: str, stack: str) -> Path:
    return GOLDEN / env / f"{stack.replace('@', '-')}.tfvars"


@pytest.mark.parametrize(("env", "stack"), STACK_CASES)
def test_the_committed_environments_render_as_reviewed(env: str, stack: str, golden: Golden) -> None:
    golden(golden_file(env, stack), rendered(env, stack))


def test_every_stack_of_every_environment_has_a_golden_file_and_nothing_else_has() -> None:
    assert {(env, str(stack.id)) for env in ("dev", "local", "prod") for stack in graph_of(env)} == set(STACK_CASES)
    assert set(GOLDEN.rglob("*.tfvars")) == {golden_file(*case) for case in STACK_CASES}


@pytest.mark.parametrize(("env", "stack"), STACK_CASES)
def test_no_variable_is_named_like_a_secret_s_value(env: str, stack: str) -> None:
    names = re.findall(r"^ *\"?([\w-]+)\"? += ", rendered(env, stack), re.MULTILINE)
    secret = re.compile(r"password|passphrase|token|credential|private|secret_(?!arns|replica_regions)")
    assert "account_id" in names
    assert list(filter(secret.search, names)) == []


def test_the_order_in_which_outputs_arrive_changes_nothing() -> None:
    spec, graph = committed("local"), graph_of("local")
    upstream = deployed_outputs(spec, graph)

    def turned(value: Json) -> Json:
        return {key: turned(item) for key, item in reversed(value.items())} if isinstance(value, dict) else value

    other = {key: {name: turned(value) for name, value in outputs.items()} for key, outputs in upstream.items()}
    for stack in graph:
        assert render(spec, deployed_facts(spec), stack, upstream) == render(spec, deployed_facts(spec), stack, other)


def test_a_stack_whose_inputs_are_unknown_names_them() -> None:
    spec, graph = committed("local"), graph_of("local")
    base = StackId("base", "eu-west-1")
    with pytest.raises(MissingUpstream) as caught:
        render(spec, deployed_facts(spec), graph.get(StackId("base", "eu-central-1")), {base: {"bucket_arns": {}}})
    assert [str(item) for item in caught.value.inputs] == ["base@eu-west-1.kms_key_arns"]
    assert "base@eu-west-1" in caught.value.fix


def test_the_edge_needs_the_hosted_zone_that_bootstrap_finds() -> None:
    spec, graph = committed("local"), graph_of("local")
    with pytest.raises(PrerequisiteError) as caught:
        render(spec, Facts.initial(spec), graph.get(StackId("edge")), deployed_outputs(spec, graph))
    assert caught.value.fix == "shopctl bootstrap --env local"


def test_a_failover_turns_roles_and_replication_and_no_name() -> None:
    spec = committed("local")
    facts = replace(deployed_facts(spec), active_region="eu-west-1")
    graph = build_graph(spec, facts)
    texts = {str(s.id): render(spec, facts, s, deployed_outputs(spec, graph)) for s in graph}
    assert re.search(r'^role += "active"', texts["site@eu-west-1"], re.MULTILINE)
    assert re.search(r'^role += "standby"', texts["site@eu-central-1"], re.MULTILINE)
    assert "replication = null" in texts["base@eu-central-1"]
    assert 'region      = "eu-central-1"\n}' in texts["base@eu-west-1"]
    assert texts["edge"] == rendered("local", "edge")


def site_of(facts: Facts, region: str, env: str = "local") -> str:
    spec = committed(env)
    graph = build_graph(spec, facts)
    return render(spec, facts, graph.get(StackId("site", region)), deployed_outputs(spec, graph))


def test_what_was_shipped_and_restored_is_in_the_facts_and_no_checkout_takes_it_back() -> None:
    facts = replace(
        deployed_facts(committed("local")), image_ids={"eu-central-1": "ami-1234"}, generation=3, capacity=7
    )
    text = site_of(facts, "eu-central-1")
    assert 'image_id      = "ami-1234"' in text
    assert re.search(r"generation += 3$", text, re.MULTILINE)
    assert re.search(r"max += 7\n +min += 7$", text, re.MULTILINE)


def test_a_standby_is_off_and_keeps_a_replica_or_no_database() -> None:
    local = site_of(deployed_facts(committed("local")), "eu-west-1")
    assert re.search(r"max += 0\n +min += 0$", local, re.MULTILINE)
    assert "database = null" in local
    prod = site_of(deployed_facts(committed("prod")), "eu-west-1", "prod")
    assert re.search(r'source_arn += "arn:aws:rds:eu-central-1:444455556666:db:shop-prod-g1"', prod)


def test_a_standby_differs_from_the_active_site_only_in_what_makes_it_a_standby() -> None:
    """What a failover would find wanting would show up here first."""
    texts, stores = [], []
    for region in ("eu-central-1", "eu-west-1"):
        site = site_of(deployed_facts(committed("prod")), region, "prod")
        before, store, after = re.split(r"(^control_buckets = \{.*?^\}\n)", site, flags=re.MULTILINE | re.DOTALL)
        texts.append((before + after).replace(region, "REGION"))
        stores.append(store)
    assert stores[0] == stores[1]
    written = [dict(re.findall(r"^ *([\w/-]+) += (.+)$", text, re.MULTILINE)) for text in texts]
    different = {key for key in written[0].keys() | written[1].keys() if written[0].get(key) != written[1].get(key)}
    of_the_role = {"role", "max", "min", "multi_az", "read_replicas", "source_arn"}
    of_the_network = {"cidr"}
    assert different == of_the_role | of_the_network


def test_logs_are_not_replicated_and_all_other_buckets_are() -> None:
    block = rendered("local", "base@eu-central-1").partition("replication = ")[2].partition("\n}")[0]
    assert [line.split()[0] for line in block.splitlines() if ":s3:::" in line] == [
        "assets",
        "backups",
        "images",
        "uploads",
    ]


@pytest.mark.parametrize("env", ["dev", "prod"])
def test_the_backend_of_an_environment_in_aws_has_locks_and_encryption(env: str) -> None:
    spec = committed(env)
    edge = graph_of(env).get(StackId("edge"))
    assert backend_config(spec, edge) == {
        "bucket": edge.state.bucket,
        "encrypt": "true",
        "key": f"{env}/edge/terraform.tfstate",
        "region": edge.state.region,
        "use_lockfile": "true",
    }


def test_the_local_cloud_s_buckets_are_named_in_the_path() -> None:
    assert backend_config(committed("local"), graph_of("local").stacks[0])["use_path_style"] == "true"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-7, "-7"),
        (10**30, "1" + "0" * 30),
        (1.5, "1.5"),
        ("", '""'),
        ("plain", '"plain"'),
        ('"', r'"\""'),
        ("\\", r'"\\"'),
        ("a\nb\r\tc", r'"a\nb\r\tc"'),
        ("\0\x1f\x7f", r'"\u0000\u001f\u007f"'),
        ("${x}", '"$${x}"'),
        ("%{if true}", '"%%{if true}"'),
        ("$${", '"$$${"'),
        ("$ % {", '"$ % {"'),
        ([], "[]"),
        (["a", 1], '["a", 1]'),
        ({}, "{}"),
        ({"b": 1, "a-b": None}, "{\n  a-b = null\n  b   = 1\n}"),
        ({"1": 1, "a b": 2}, '{\n  "1"   = 1\n  "a b" = 2\n}'),
        ({"a": {"bb": 1}, "ccc": 2, "d": 3}, "{\n  a = {\n    bb = 1\n  }\n  ccc = 2\n  d   = 3\n}"),
    ],
)
def test_a_value_has_one_literal(value: Json, expected: str) -> None:
    assert hcl(value) == expected


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_is_not_finite_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        hcl(value)


@given(st.text())
def test_a_text_never_ends_its_string_nor_begins_an_expression(text: str) -> None:
    inside = hcl(text)[1:-1]
    plain = inside.replace(r"\\", "").replace(r"\"", "").replace("$${", "").replace("%%{", "")
    assert '"' not in plain
    assert "${" not in plain
    assert "%{" not in plain
    assert all(character.isprintable() or ord(character) > 0x7F for character in inside)
