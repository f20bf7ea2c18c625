"""The stack graph: what there is, in which order, what waits for what, and where states are."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopctl.errors import SpecError, UsageError
from shopctl.facts import Facts
from shopctl.stacks import Input, Stack, StackGraph, StackId, build_graph, deferred
from support.environments import committed, deployed_facts, deployed_outputs, graph_of

LOCAL = graph_of("local")


def names(stacks: StackGraph | tuple[Stack, ...]) -> list[str]:
    return [str(stack.id) for stack in stacks]


def waves(graph: StackGraph) -> list[list[str]]:
    return [sorted(names(wave)) for wave in graph.waves()]


def failed_over() -> StackGraph:
    return build_graph(committed("local"), Facts(active_region="eu-west-1"))


def test_the_standby_s_base_comes_first_and_the_edge_last() -> None:
    assert names(LOCAL) == ["base@eu-west-1", "base@eu-central-1", "site@eu-central-1", "site@eu-west-1", "edge"]
    assert waves(LOCAL) == [
        ["base@eu-west-1"],
        ["base@eu-central-1"],
        ["site@eu-central-1", "site@eu-west-1"],
        ["edge"],
    ]


def test_a_standby_with_a_replica_waits_for_the_site_that_it_copies() -> None:
    assert waves(graph_of("prod"))[2:] == [["site@eu-central-1"], ["site@eu-west-1"], ["edge"]]


def test_without_a_second_region_there_is_one_stack_of_each_root() -> None:
    assert waves(graph_of("dev")) == [["base@eu-central-1"], ["site@eu-central-1"], ["edge"]]


def test_taking_down_goes_the_other_way_round() -> None:
    assert waves(LOCAL.reversed()) == [
        ["edge"],
        ["site@eu-central-1", "site@eu-west-1"],
        ["base@eu-central-1"],
        ["base@eu-west-1"],
    ]
    assert LOCAL.reversed().reversed() == LOCAL


def test_after_a_failover_the_order_turns_and_ids_and_states_stay() -> None:
    assert names(failed_over())[:2] == ["base@eu-central-1", "base@eu-west-1"]
    assert failed_over().get(StackId("site", "eu-west-1")).role == "active"
    assert {s.id: s.state for s in failed_over()} == {s.id: s.state for s in LOCAL}


def test_the_active_base_reads_the_standby_s_and_not_the_other_way_round() -> None:
    standby = StackId("base", "eu-west-1")
    inputs = (Input(standby, "bucket_arns"), Input(standby, "kms_key_arns"))
    assert LOCAL.get(StackId("base", "eu-central-1")).inputs == inputs
    assert LOCAL.get(standby).inputs == ()


def test_each_state_is_in_its_stack_s_region_and_the_edge_s_with_the_witness() -> None:
    states = {str(s.id): (s.state.bucket, s.state.key, s.state.region) for s in LOCAL}
    assert states["base@eu-west-1"] == (
        "shop-local-state-000000000000-eu-west-1",
        "local/base/eu-west-1/terraform.tfstate",
        "eu-west-1",
    )
    assert states["edge"] == (
        "shop-local-state-000000000000-eu-north-1",
        "local/edge/terraform.tfstate",
        "eu-north-1",
    )
    assert graph_of("dev").get(StackId("edge")).state.region == "eu-central-1"


def test_facts_that_env_yaml_contradicts_are_refused() -> None:
    with pytest.raises(SpecError, match="eu-north-1 is the active region, but"):
        build_graph(committed("local"), Facts(active_region="eu-north-1"))


@pytest.mark.parametrize("text", ["base@eu-central-1", "site@eu-west-1", "edge"])
def test_an_id_reads_back_as_written(text: str) -> None:
    assert str(StackId.parse(text)) == text


@pytest.mark.parametrize("text", ["", "base", "base@", "edge@eu-west-1", "edge@", "web@eu-west-1", "@", "Edge"])
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        StackId.parse(text)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ((), names(LOCAL)),
        (("edge",), ["edge"]),
        (("site",), ["site@eu-central-1", "site@eu-west-1"]),
        (("edge", "base@eu-west-1"), ["base@eu-west-1", "edge"]),
        (("site@active",), ["site@eu-central-1"]),
        (("base@standby", "site@primary", "site@dr"), ["base@eu-west-1", "site@eu-central-1", "site@eu-west-1"]),
        (("edge", "edge"), ["edge"]),
    ],
)
def test_a_selection_keeps_the_order(asked: tuple[str, ...], expected: list[str]) -> None:
    assert names(LOCAL.select(asked)) == expected


def test_active_follows_a_failover_and_primary_does_not() -> None:
    assert names(failed_over().select(["site@active"])) == ["site@eu-west-1"]
    assert names(failed_over().select(["site@primary"])) == ["site@eu-central-1"]


def test_a_selected_stack_waits_only_for_selected_ones() -> None:
    assert waves(LOCAL.select(["site"])) == [["site@eu-central-1", "site@eu-west-1"]]


def test_a_selected_stack_still_waits_for_what_it_needs_through_an_unselected_one() -> None:
    assert waves(LOCAL.select(["base@standby", "site@active"])) == [["base@eu-west-1"], ["site@eu-central-1"]]
    assert waves(LOCAL.reversed().select(["base@standby", "site@active"])) == [
        ["site@eu-central-1"],
        ["base@eu-west-1"],
    ]


@pytest.mark.parametrize("asked", ["site@eu-west-2", "sit", "base@activ", "edge@active", "", "@"])
def test_an_unknown_stack_is_refused_with_the_known_ones(asked: str) -> None:
    with pytest.raises(UsageError) as caught:
        LOCAL.select(["edge", asked])
    assert all(name in caught.value.fix for name in names(LOCAL))


def test_an_environment_without_dr_has_no_standby_to_select() -> None:
    with pytest.raises(UsageError):
        graph_of("dev").select(["site@standby"])


# --- deferral --------------------------------------------------------------------------------------------------------

KNOWN = deployed_outputs(committed("local"), LOCAL)


def text(ids: frozenset[StackId]) -> set[str]:
    return {str(stack_id) for stack_id in ids}


def test_nothing_waits_where_all_outputs_are_known_and_stay() -> None:
    assert deferred(LOCAL, KNOWN, ()) == frozenset()


def test_at_first_everything_waits_that_reads_another_stack() -> None:
    assert text(deferred(LOCAL, {}, ())) == {"base@eu-central-1", "site@eu-central-1", "site@eu-west-1", "edge"}


def test_a_stack_waits_for_an_output_that_is_about_to_change() -> None:
    changing = {Input(StackId("site", "eu-west-1"), "nat_public_ips")}
    assert text(deferred(LOCAL, KNOWN, changing)) == {"edge"}


def test_an_output_that_nobody_reads_defers_nobody() -> None:
    assert deferred(LOCAL, KNOWN, {Input(StackId("site", "eu-west-1"), "queue_urls")}) == frozenset()


def test_what_reads_a_deferred_stack_is_deferred_too() -> None:
    changing = {Input(StackId("base", "eu-central-1"), "kms_key_arns")}
    assert text(deferred(LOCAL, KNOWN, changing)) == {"site@eu-central-1", "edge"}


def test_secrets_of_both_regions_come_from_the_primary_one_whichever_is_active() -> None:
    for graph in (LOCAL, failed_over()):
        readers = [s for s in graph if Input(StackId("base", "eu-central-1"), "secret_arns") in s.inputs]
        assert sorted(names(tuple(readers))) == ["site@eu-central-1", "site@eu-west-1"]


INPUTS = sorted({item for stack in LOCAL for item in stack.inputs})


@given(st.sets(st.sampled_from(INPUTS)), st.sets(st.sampled_from(INPUTS)))
def test_a_stack_is_deferred_exactly_when_an_input_is_unknown_changing_or_of_a_deferred_stack(
    unknown: set[Input], changing: set[Input]
) -> None:
    known = {
        stack_id: {name for name in outputs if Input(stack_id, name) not in unknown}
        for stack_id, outputs in KNOWN.items()
    }
    result = deferred(LOCAL, known, changing)
    for stack in LOCAL:
        open_inputs = [i for i in stack.inputs if i in unknown | changing or i.stack in result]
        assert (stack.id in result) == bool(open_inputs)


@given(st.sets(st.sampled_from([str(stack_id) for stack_id in LOCAL.ids]), min_size=1))
def test_in_every_selection_what_is_needed_comes_in_an_earlier_wave(asked: set[str]) -> None:
    for graph in (LOCAL.select(asked), LOCAL.reversed().select(asked)):
        done: set[StackId] = set()
        for wave in graph.waves():
            assert all(stack.needs <= done for stack in wave)
            done |= {stack.id for stack in wave}
        assert {str(stack_id) for stack_id in done} == asked


def test_a_graph_of_one_environment_is_the_same_each_time() -> None:
    spec = committed("local")
    assert build_graph(spec, deployed_facts(spec)) == LOCAL
    assert build_graph(spec, replace(deployed_facts(spec), generation=9)) == LOCAL
