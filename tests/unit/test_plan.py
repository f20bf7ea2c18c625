"""Plan JSON becomes a plan that keeps what is known, what is unknown and what is secret apart."""

from __future__ import annotations

import json

import pytest

from shopctl.plan import SENSITIVE, UNKNOWN, PlanUnreadable, parse_plan, redact
from support.plans import SITE, change, document, plan_of


def test_a_value_is_known_unknown_or_absent() -> None:
    queue = change(
        "aws_sqs_queue.jobs", {"name": "jobs", "tags": {"a": "1"}}, unknown={"arn": True, "tags": {"b": True}}
    )
    (jobs,) = plan_of(queue).changes
    assert jobs.value("name") == "jobs"
    assert jobs.value("arn") is UNKNOWN
    assert jobs.value("tags", "a") == "1"
    assert jobs.value("tags", "b") is UNKNOWN
    assert jobs.value("absent") is None
    assert jobs.value("name", "deeper") is None


def test_what_is_inside_of_something_unknown_is_unknown() -> None:
    (group,) = plan_of(change("aws_security_group.web", {"name": "web"}, unknown={"ingress": True})).changes
    assert group.value("ingress", 0, "from_port") is UNKNOWN
    assert group.blocks("ingress") is UNKNOWN


def test_blocks_are_counted() -> None:
    (group,) = plan_of(change("aws_security_group.web", {"ingress": [{"from_port": 80}, {"from_port": 443}]})).changes
    assert group.blocks("ingress") == (0, 1)
    assert group.blocks("egress") == ()


@pytest.mark.parametrize(
    ("actions", "claims"),
    [
        (("create",), {"is_create"}),
        (("update",), {"is_update"}),
        (("delete",), {"is_destroy"}),
        (("delete", "create"), {"is_replacement"}),
        (("create", "delete"), {"is_replacement"}),
        (("no-op",), {"is_noop"}),
        (("read",), {"is_read"}),
        (("an-action-of-the-future",), set()),
    ],
)
def test_actions_are_told_apart(actions: tuple[str, ...], claims: set[str]) -> None:
    (one,) = plan_of(change("aws_vpc.this", {}, actions=actions)).changes
    told = {
        "is_create": one.is_create,
        "is_update": one.is_update,
        "is_destroy": one.is_destroy,
        "is_replacement": one.is_replacement,
        "is_noop": one.is_noop,
        "is_read": one.is_read,
    }
    assert {name for name, is_so in told.items() if is_so} == claims


def test_an_import_that_changes_nothing_is_not_a_noop() -> None:
    (one,) = plan_of(change("aws_vpc.this", {}, actions=("no-op",), importing={"id": "vpc-1"})).changes
    assert one.is_import
    assert not one.is_noop


def test_a_replacement_counts_as_added_and_destroyed_and_data_sources_do_not_count() -> None:
    plan = plan_of(
        change("aws_vpc.new", {}),
        change("aws_vpc.replaced", {}, actions=("delete", "create")),
        change("aws_vpc.gone", None, actions=("delete",)),
        change("aws_vpc.taken", {}, actions=("update",), importing={"id": "vpc-1"}),
        change("aws_region.here", {}, actions=("read",), mode="data"),
    )
    assert str(plan.counts) == "1 to import, 2 to add, 1 to change, 2 to destroy"


def test_outputs_that_are_unknown_or_change_are_told_from_those_that_stay() -> None:
    plan = plan_of(
        output_changes={
            "stays": {"actions": ["no-op"], "before": "a", "after": "a", "after_unknown": False},
            "changes": {"actions": ["update"], "before": "a", "after": "b", "after_unknown": False},
            "unknown": {"actions": ["create"], "before": None, "after_unknown": True},
            "partly": {"actions": ["update"], "before": {}, "after": {"x": 1}, "after_unknown": {"y": True}},
        }
    )
    assert plan.changed_outputs == {"changes", "unknown", "partly"}
    assert {output.name: output.value for output in plan.outputs} == {
        "stays": "a",
        "changes": "b",
        "unknown": UNKNOWN,
        "partly": UNKNOWN,
    }


SECRET = {
    "resource_changes": [
        change(
            "aws_db_instance.checkout",
            {"name": "checkout", "password": "hush", "users": [{"name": "a", "token": "hush"}, {"name": "b"}]},
            before={"password": "hush-before"},
            after_sensitive={"password": True, "users": [{"token": True}]},
            before_sensitive={"password": True},
        )
    ],
    "output_changes": {
        "password": {"actions": ["create"], "after": "hush", "after_unknown": False, "after_sensitive": True}
    },
    "variables": {"password": {"value": "hush"}},
    "planned_values": {"outputs": {"password": {"sensitive": True, "value": "hush"}}},
    "prior_state": {"values": {"outputs": {"password": {"sensitive": True, "value": "hush"}}}},
    "configuration": {"root_module": {"outputs": {"password": {"expression": {"constant_value": "hush"}}}}},
}


def test_what_is_sensitive_is_masked_and_the_rest_is_kept() -> None:
    plan = parse_plan(SITE, document() | SECRET)
    assert "hush" not in str(plan)
    (checkout,) = plan.changes
    assert checkout.value("password") == SENSITIVE
    assert checkout.old_value("password") == SENSITIVE
    assert checkout.value("users", 0, "token") == SENSITIVE
    assert checkout.value("users", 1, "name") == "b"


def test_a_redacted_document_holds_no_secret_and_is_still_a_plan() -> None:
    clean = redact(document() | SECRET)
    assert "hush" not in json.dumps(clean)
    assert clean.keys().isdisjoint({"variables", "planned_values", "prior_state", "configuration"})
    assert parse_plan(SITE, clean) == parse_plan(SITE, document() | SECRET)


def test_an_incomplete_plan_says_so() -> None:
    plan = plan_of(errored=True, complete=False, applyable=False)
    assert plan.errored
    assert not plan.complete


def test_another_major_format_is_refused() -> None:
    with pytest.raises(PlanUnreadable, match=r"JSON format 2\.0"):
        parse_plan(SITE, document(format_version="2.0"))


def test_a_document_that_is_no_plan_is_refused_without_quoting_it() -> None:
    with pytest.raises(PlanUnreadable) as refused:
        parse_plan(SITE, {"format_version": "1.2", "resource_changes": "hush"})
    assert "hush" not in str(refused.value)


def test_fields_that_a_later_terraform_adds_are_ignored() -> None:
    later = change("aws_vpc.this", {}) | {"action_invocations": []}
    assert plan_of(later, deferred_changes=[]).changes[0].is_create
