"""Facts survive the control store unchanged, and nothing else is taken for facts."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopctl.facts import Facts, FactsInvalid
from support.environments import committed

some_facts = st.builds(
    Facts,
    active_region=st.sampled_from(["eu-central-1", "eu-west-1"]),
    zone_id=st.none() | st.from_regex(r"Z[0-9A-Z]{1,20}", fullmatch=True),
    image_ids=st.dictionaries(
        st.sampled_from(["eu-central-1", "eu-west-1"]), st.from_regex(r"ami-[0-9a-f]{17}", fullmatch=True)
    ),
    generation=st.integers(1, 10**6),
    capacity=st.none() | st.integers(0, 1000),
)


def test_at_first_the_primary_region_is_active_and_nothing_was_shipped() -> None:
    assert Facts.initial(committed("local")) == Facts(
        version=1, active_region="eu-central-1", zone_id=None, image_ids={}, generation=1, capacity=None
    )


@given(some_facts)
def test_what_is_written_is_what_is_read(facts: Facts) -> None:
    assert Facts.from_json(facts.to_json()) == facts
    assert Facts.from_json(facts.to_json()).digest() == facts.digest()


@given(some_facts, some_facts)
def test_digests_differ_exactly_where_facts_do(one: Facts, other: Facts) -> None:
    assert (one.digest() == other.digest()) == (one == other)


def test_the_stored_form_is_pinned() -> None:
    facts = replace(Facts.initial(committed("local")), zone_id="Z1")
    assert facts.to_json() == (
        '{"version":1,"active_region":"eu-central-1","zone_id":"Z1","image_ids":{},"generation":1,"capacity":null}'
    )


def test_the_stored_form_does_not_depend_on_the_order_in_which_regions_were_shipped_to() -> None:
    images = {"eu-west-1": "ami-1", "eu-central-1": "ami-2"}
    facts = Facts(active_region="eu-central-1", image_ids=images)
    assert facts.digest() == replace(facts, image_ids=dict(reversed(images.items()))).digest()


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"generation": "3"},
        {"generation": 0},
        {"generation": True},
        {"capacity": 2.0},
        {"capacity": -1},
        {"image_ids": {"eu-central-1": "latest"}},
        {"image_ids": None},
        {"zone_id": "zone"},
        {"active_region": None},
        {"from_the_future": 1},
    ],
)
def test_anything_but_facts_is_refused(change: dict[str, object]) -> None:
    document = json.loads(Facts(active_region="eu-central-1").to_json()) | change
    with pytest.raises(FactsInvalid) as caught:
        Facts.from_json(json.dumps(document))
    assert next(iter(change)) in caught.value.reason


@pytest.mark.parametrize("text", ["", "null", "[]", "{", '{"version":1}', b"\xff"])
def test_a_damaged_document_is_refused(text: str | bytes) -> None:
    with pytest.raises(FactsInvalid):
        Facts.from_json(text)
