"""Names are stable, differ where what they name differs, and keep AWS's limits."""

from __future__ import annotations

import re

from hypothesis import assume, given
from hypothesis import strategies as st

from shopctl import naming
from shopctl.errors import SpecError
from shopctl.sections import REGIONS
from shopctl.spec import EnvSpec, parse_spec
from support.environments import committed

PURPOSES = naming.BUCKET_PURPOSES + naming.OWN_BUCKET_PURPOSES
projects = st.from_regex(r"[a-z][a-z0-9]{1,9}", fullmatch=True)
envs = st.from_regex(r"[a-z](-?[a-z0-9]){1,5}", fullmatch=True)
accounts = st.from_regex(r"[0-9]{12}", fullmatch=True)


def spec_of(project: str, env: str, account: str = "111122223333") -> EnvSpec:
    return parse_spec(
        f'schema_version: 1\nproject: "{project}"\nname: "{env}"\ncloud: local\naccount: "{account}"\n'
        "domain: shop.example.com\nregions: {primary: eu-central-1}\ncost: {cost_center: shop, owner: platform}\n",
        "env.yaml",
    )


def test_names_begin_with_project_and_environment() -> None:
    spec = committed("local")
    assert naming.name(spec) == "shop-local"
    assert naming.bucket_name(spec, "images", "eu-west-1") == "shop-local-images-000000000000-eu-west-1"
    assert naming.control_bucket(spec, "eu-north-1") == "shop-local-control-000000000000-eu-north-1"
    assert naming.state_bucket(spec, "eu-north-1") == "shop-local-state-000000000000-eu-north-1"
    assert naming.key_alias(spec, "data") == "alias/shop-local-data"
    assert naming.secret_name(spec, "app") == "shop-local/app"
    assert naming.queue_name(spec, "jobs") == "shop-local-jobs"
    assert naming.role_name(spec, "flow-logs", "eu-west-1") == "shop-local-flow-logs-eu-west-1"


def test_tags_say_what_a_thing_is_part_of_and_who_pays() -> None:
    assert naming.tags(committed("prod"), "base@eu-central-1") == {
        "CostCenter": "shop-prod",
        "Environment": "prod",
        "ManagedBy": "shopctl",
        "Owner": "platform",
        "Project": "shop",
        "Stack": "base@eu-central-1",
    }


@given(st.tuples(projects, envs, accounts), st.tuples(projects, envs, accounts), st.data())
def test_two_buckets_share_a_name_only_if_they_are_the_same(
    one: tuple[str, str, str], other: tuple[str, str, str], data: st.DataObject
) -> None:
    purposes, regions = st.sampled_from(PURPOSES), st.sampled_from(REGIONS)
    what, where = (data.draw(purposes), data.draw(purposes)), (data.draw(regions), data.draw(regions))
    names = [
        naming.bucket_name(spec_of(*identity), purpose, region)
        for identity, purpose, region in zip((one, other), what, where, strict=True)
    ]
    assert (names[0] == names[1]) == ((one, what[0], where[0]) == (other, what[1], where[1]))


@given(projects, projects, envs, envs)
def test_two_environments_never_share_a_prefix(project: str, project2: str, env: str, env2: str) -> None:
    assume((project, env) != (project2, env2))
    assert naming.name(spec_of(project, env)) != naming.name(spec_of(project2, env2))


@given(st.from_regex(r"[a-z][a-z0-9]{1,19}", fullmatch=True), st.from_regex(r"[a-z][a-z0-9-]{1,19}", fullmatch=True))
def test_an_accepted_spec_has_only_bucket_names_that_s3_takes(project: str, env: str) -> None:
    try:
        spec = spec_of(project, env)
    except SpecError:
        return
    for region in spec.control_regions:
        for purpose in PURPOSES:
            bucket = naming.bucket_name(spec, purpose, region)
            assert len(bucket) <= 63
            assert re.fullmatch(r"[a-z0-9][a-z0-9-]+[a-z0-9]", bucket)


@given(st.from_regex(r"[a-z][a-z0-9-]{0,150}", fullmatch=True), st.integers(12, 100))
def test_a_fitted_name_keeps_its_limit_and_what_fits_is_untouched(name: str, limit: int) -> None:
    fitted = naming.fit(name, limit)
    assert len(fitted) <= limit
    assert fitted == naming.fit(name, limit)
    if len(name) <= limit:
        assert fitted == name


@given(st.lists(st.from_regex(r"shop-[a-z]{40,60}", fullmatch=True), min_size=2, max_size=20, unique=True))
def test_fitted_names_of_different_things_differ(names: list[str]) -> None:
    assert len({naming.fit(name, 32) for name in names}) == len(names)


def test_a_fitted_name_is_the_same_in_every_version() -> None:
    assert naming.fit("shop-production-payments-reconciliation", 32) == "shop-production-payment-f5f9c865"
