"""env.yaml: what is right is taken as written; what is wrong is named with line, value and cure."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from conftest import Golden
from shopctl.errors import SpecError, UsageError
from shopctl.spec import EnvSpec, find_env, json_schema, list_envs, load_spec, parse_spec
from shopctl.yamlfile import MAX_BYTES
from support.environments import ENVS, PROJECT, committed

GOOD = """\
schema_version: 1
project: shop
name: test
cloud: aws
account: "111122223333"
domain: shop.example.com
protected: false
regions:
  primary: eu-central-1
  dr: eu-west-1
  witness: eu-north-1
network:
  primary: {cidr: 10.0.0.0/16, nat: per_az}
  dr:
    cidr: 10.1.0.0/16
    nat: single
    subnets:
      public: {a: 10.1.1.0/24, b: 10.1.2.0/24}
      app: {a: 10.1.16.0/22, b: 10.1.20.0/22}
      db: {a: 10.1.32.0/24, b: 10.1.33.0/24}
  flow_log_retention_days: 30
storage:
  uploads: {standard_ia_after_days: 90}
  backups: {expire_after_days: 365}
queue:
  jobs: {max_receive_count: 5}
compute: {instance_type: t3.medium, min_instances: 2, scaling: {target_cpu_percent: 60}}
database: {engine: mysql, version: "8.4", storage: {size_gib: 20}}
edge: {blocked_countries: [KP]}
backup: {daily_at_utc: "03:00", retention_days: 35}
dr: {database: replica}
observability:
  alert_emails: [alerts@example.com]
cost:
  cost_center: shop
  owner: platform
pipeline:
  plan_max_age_minutes: 60
"""


def refusal(text: str) -> str:
    """What is wrong with a text, without the name of the file."""
    with pytest.raises(SpecError) as caught:
        parse_spec(text, "env.yaml")
    assert "env.yaml" in caught.value.fix
    return caught.value.reason.replace("env.yaml:", "")


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1, f"{old!r} must be in the good text once"
    return GOOD.replace(old, new)


def test_the_good_text_is_taken_as_written() -> None:
    spec = parse_spec(GOOD, "env.yaml")
    assert (spec.name, spec.account, spec.regions.dr) == ("test", "111122223333", "eu-west-1")
    assert spec.network.flow_log_retention_days == 30
    assert spec.network_in("eu-west-1").subnets.db["b"] == "10.1.33.0/24"
    assert spec.site_regions == ("eu-central-1", "eu-west-1")
    assert spec.control_regions == ("eu-central-1", "eu-west-1", "eu-north-1")


@pytest.mark.parametrize("env", ENVS)
def test_committed_environments_are_valid(env: str) -> None:
    assert committed(env).name == env


def test_the_committed_set_is_complete() -> None:
    assert list_envs(PROJECT) == ENVS


def test_the_reference_shop_s_six_subnets_are_the_default() -> None:
    subnets = committed("local").network_in("eu-central-1").subnets
    assert subnets.public == {"a": "10.0.1.0/24", "b": "10.0.2.0/24"}
    assert subnets.app == {"a": "10.0.16.0/22", "b": "10.0.20.0/22"}
    assert subnets.db == {"a": "10.0.32.0/24", "b": "10.0.33.0/24"}


def test_the_reference_shop_s_storage_times_are_the_default() -> None:
    storage = parse_spec(GOOD, "env.yaml").storage
    assert storage.images.intelligent_tiering_after_days == 0
    assert storage.uploads.standard_ia_after_days == 90
    assert (storage.backups.glacier_after_days, storage.backups.expire_after_days) == (90, 365)
    assert storage.logs.expire_after_days == 365


def test_changing_one_storage_time_keeps_the_others_of_its_bucket() -> None:
    backups = parse_spec(changed("expire_after_days: 365", "expire_after_days: 730"), "env.yaml").storage.backups
    assert (backups.glacier_after_days, backups.expire_after_days) == (90, 730)


def test_protection_is_on_unless_the_file_says_otherwise() -> None:
    spec = parse_spec(changed("protected: false\n", ""), "env.yaml")
    assert (spec.protected, spec.deletion_protection) == (True, True)


def test_a_spec_cannot_be_changed() -> None:
    spec = parse_spec(GOOD, "env.yaml")
    with pytest.raises(ValidationError, match="frozen"):
        setattr(spec, "name", "other")  # noqa: B010 - mypy would refuse the plain assignment, too


MISTAKES = (
    ("protected: false", "protectd: false"),
    ("protected: false", "protected: no"),
    ("protected: false", 'protected: "false"'),
    ("protected: false", "protected: 0"),
    ("protected: false", "protected: true\ndeletion_protection: false"),
    ("schema_version: 1", "schema_version: 2"),
    ("schema_version: 1", "schema_version: true"),
    ("project: shop", "project: web-shop"),
    ("name: test", "name: Test"),
    ("name: test", "name: test--one"),
    ("name: test", "name: test-edge"),
    ("cloud: aws", "cloud: gcp"),
    ("cloud: aws", "cloud: [aws]"),
    ('account: "111122223333"', "account: 111122223333"),
    ('account: "111122223333"', 'account: "1111-2222-3333"'),
    ('account: "111122223333"', 'account: "000000000000"'),
    ("domain: shop.example.com", "domain: Shop"),
    ("domain: shop.example.com", "domain: {name: shop.example.com}"),
    ("primary: eu-central-1", "primary: eu-centrl-1"),
    ("primary: eu-central-1", "primary: Frankfurt"),
    ("dr: eu-west-1", "dr: eu-central-1"),
    ("  dr: eu-west-1\n", ""),
    ("witness: eu-north-1", "witness: eu-west-1"),
    ("  witness: eu-north-1\n", ""),
    ("nat: single", "nat: 2"),
    ("nat: single", "nat: no"),
    ("nat: single", "nat: singel"),
    ("nat: single", "nta: single"),
    ("nat: single", "size: 3"),
    ("cidr: 10.1.0.0/16", "cidr: 10.0.0.0/17"),
    ("cidr: 10.1.0.0/16", "cidr: 10.1.2.3/16"),
    ("cidr: 10.1.0.0/16", "cidr: 10.1.0.0"),
    ("cidr: 10.1.0.0/16", "cidr: 10.1.0.0/33"),
    ("cidr: 10.1.0.0/16", "cidr: 10.1.0.0/22"),
    ("    cidr: 10.1.0.0/16\n", ""),
    ("db: {a: 10.1.32.0/24, b: 10.1.33.0/24}", "db: {a: 10.1.32.0/24, c: 10.1.33.0/24}"),
    ("db: {a: 10.1.32.0/24, b: 10.1.33.0/24}", "db: {a: 10.1.32.0/24}"),
    ("db: {a: 10.1.32.0/24, b: 10.1.33.0/24}", "db: [10.1.32.0/24, 10.1.33.0/24]"),
    ("b: 10.1.2.0/24", "b: 10.1.1.128/25"),
    ("b: 10.1.33.0/24", "b: 10.1.16.0/24"),
    ("b: 10.1.33.0/24", "b: 10.2.33.0/24"),
    ("b: 10.1.33.0/24", "b: 10.1.33.0/29"),
    ("flow_log_retention_days: 30", 'flow_log_retention_days: "30"'),
    ("flow_log_retention_days: 30", "flow_log_retention_days: 30 days"),
    ("flow_log_retention_days: 30", "flow_log_retention_days: 30.0"),
    ("flow_log_retention_days: 30", "flow_log_retention_days: true"),
    ("flow_log_retention_days: 30", "flow_log_retention_days: 31"),
    ("owner: platform", "owner: '${oops}'"),
    ("  owner: platform\n", ""),
    ("  cost_center: shop\n  owner: platform\n", ""),
    ("cost:\n  cost_center: shop\n  owner: platform\n", ""),
    ("[alerts@example.com]", "alerts@example.com"),
    ("[alerts@example.com]", "[alerts]"),
    ("max_receive_count: 5", "max_receive_count: 0"),
    ("max_receive_count: 5", "visibility_timeout_seconds: 2 h"),
    ("max_receive_count: 5", "dead_letter_retention_seconds: 60"),
    ("jobs: {", "mails: {"),
    ("standard_ia_after_days: 90", "standard_ia_after_days: 7"),
    ("standard_ia_after_days: 90", "glacier_after_days: 100"),
    ("expire_after_days: 365", "expire_after_days: 90"),
    ("instance_type: t3.medium", "instance_type: medium"),
    ("min_instances: 2", "min_instances: 9"),
    ("min_instances: 2", "min_instances: 0"),
    ("{target_cpu_percent: 60}", "{target_cpu_percent: 60, steps: {}}"),
    ("{target_cpu_percent: 60}", "{target_cpu_percent: null}"),
    ("{target_cpu_percent: 60}", "{steps: {in_below_percent: 80}}"),
    ("engine: mysql", "engine: mariadb"),
    ('version: "8.4"', "version: 8.4"),
    ('version: "8.4"', "instance_class: t4g.micro"),
    ('version: "8.4"', "backup_retention_days: 40"),
    ('version: "8.4"', "maintenance_window: sunday 3 am"),
    ('version: "8.4"', "read_replicas: 1, multi_az: false"),
    ("size_gib: 20", "size_gib: 10"),
    ("size_gib: 20", "iops: 12000"),
    ("size_gib: 20", "size_gib: 100, max_size_gib: 105"),
    ("[KP]", "[North Korea]"),
    ('daily_at_utc: "03:00"', "daily_at_utc: 3 am"),
    ("retention_days: 35", "retention_days: 3"),
    ("retention_days: 35", "lock: {min_retention_days: 30, max_retention_days: 7}"),
    ("retention_days: 35", "lock: {min_retention_days: 90}"),
    ("dr: {database: replica}", "dr: {database: copy}"),
    ("plan_max_age_minutes: 60", "plan_max_age_minutes: 1h"),
    ("plan_max_age_minutes: 60", "plan_max_age_minutes: 90s"),
    ("plan_max_age_minutes: 60", "plan_max_age_minutes: an hour"),
)


def test_each_mistake_is_named_with_line_field_value_and_cure(golden: Golden) -> None:
    blocks = []
    for old, new in MISTAKES:
        was, now = (" ⏎ ".join(line.strip() for line in text.splitlines()) for text in (old, new))
        blocks.append(f"{was}\n=> {now or '(removed)'}\n{refusal(changed(old, new))}\n")
    golden(PROJECT / "tests" / "golden" / "spec" / "mistakes.txt", "\n".join(blocks))


def without_subnets(cidr: str) -> str:
    start, end = GOOD.index("    subnets:"), GOOD.index("  flow_log")
    return (GOOD[:start] + GOOD[end:]).replace("10.1.0.0/16", cidr)


def test_the_two_regions_networks_may_not_overlap() -> None:
    assert parse_spec(without_subnets("10.1.0.0/16"), "env.yaml")
    assert refusal(without_subnets("10.0.128.0/17")) == (
        "15: network.dr.cidr: 10.0.128.0/17 — overlaps the primary region's 10.0.0.0/16; "
        "choose another, such as 10.1.0.0/16"
    )


def test_a_network_too_small_for_the_usual_layout_is_refused() -> None:
    assert parse_spec(without_subnets("10.1.0.0/20"), "env.yaml")
    assert refusal(without_subnets("10.1.0.0/21")) == (
        "15: network.dr.cidr: 10.1.0.0/21 — is too small for the usual layout (10.1.0.8/29); write `subnets` yourself"
    )


def test_names_that_would_make_a_bucket_name_too_long_are_refused() -> None:
    text = changed("name: test", "name: integration-testing").replace("project: shop", "project: webshopping")
    assert "3: name: integration-testing — makes the bucket name webshopping-integration-testing-" in refusal(text)
    assert "too long for S3; shorten name or project" in refusal(text)


def test_every_mistake_is_listed_at_once() -> None:
    text = changed("nat: single", "nat: two").replace("owner: platform", "owner: [a]").replace("dr: eu-west-1", "dr: x")
    assert [line.split(" — ")[0] for line in refusal(text).splitlines()] == [
        "10: regions.dr: x",
        "16: network.dr.nat: two",
        "36: cost.owner: (a list)",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1: is empty; write `key: value` lines"),
        ("# nothing\n", "1: is empty; write `key: value` lines"),
        ("- a\n- b\n", "1: is something else; write `key: value` lines"),
        ("hello", "1: is something else; write `key: value` lines"),
        ("a: 1\nb: 2\na: 3\n", "3: a — is written twice in the same section; keep one"),
        ("a: [1, 2\nb: 3\n", "2: is not YAML"),
        ("a:\n\t- b\n", "2: is not YAML"),
        ("a: \x00", "1: is not YAML"),
        ("a: 2020-13-45", "1: is not YAML"),
        ("a: b: c", "1: is not YAML"),
        ("a: &x 1\n", "1: anchors and aliases (& and *) are not supported; write the value out"),
        ("a: !!python/name:os.system x\n", "1: tags (!) are not supported; write a plain value"),
        ("a: 1\n<<: {b: 1}\n", "2: merge keys (<<) are not supported; write the keys out"),
        ("%YAML 1.1\n---\na: no\n", "2: YAML directives (%) are not supported; remove the line"),
        ("a: 1\n---\nb: 1\n", "2: a second document (---) starts here; keep one per file"),
        ("a: " + "[" * 100_000, "1: sections are nested deeper than 12 levels"),
    ],
)
def test_a_text_that_is_not_a_plain_settings_file_is_refused(text: str, expected: str) -> None:
    assert refusal(text).startswith(expected)


def test_an_alias_bomb_is_refused_before_it_grows() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40))
    assert refusal(bomb).startswith("1: anchors and aliases")


@pytest.mark.parametrize(
    "text", [changed("protected: false", "password: hunter2"), "password: hunter2\npassword: hunter2", "a: 'hunter2"]
)
def test_the_value_of_an_unknown_or_broken_line_is_never_shown(text: str) -> None:
    assert "hunter2" not in refusal(text)


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    file = tmp_path / "test" / "env.yaml"
    file.parent.mkdir()
    file.write_text("\ufeff" + GOOD, encoding="utf-8")
    assert load_spec(file).name == "test"


def test_a_file_in_a_folder_of_another_name_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "staging" / "env.yaml"
    file.parent.mkdir()
    file.write_text(GOOD, encoding="utf-8")
    with pytest.raises(SpecError, match="3: name: test — must be the name of the folder: staging"):
        load_spec(file)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda _: None, "cannot be read: No such file"),
        (lambda path: path.mkdir(), "is not a file"),
        (lambda path: path.symlink_to(path), "cannot be read: Too many levels of symbolic links"),
        (lambda path: path.write_bytes(b"a: 1\nb: \xff\n"), ":2: is not UTF-8 text"),
        (lambda path: path.write_bytes(b"#" * (MAX_BYTES + 1)), "is larger than 256 KiB"),
    ],
    ids=["missing", "folder", "link to itself", "not UTF-8", "huge"],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_named_with_its_reason(
    tmp_path: Path, make: Callable[[Path], object], expected: str
) -> None:
    path = tmp_path / "env.yaml"
    make(path)
    with pytest.raises(SpecError) as caught:
        load_spec(path)
    assert str(path) in caught.value.reason
    assert expected in caught.value.reason


def test_a_pipe_in_place_of_the_file_is_refused_without_waiting(tmp_path: Path) -> None:
    path = tmp_path / "env.yaml"
    os.mkfifo(path)
    with pytest.raises(SpecError, match="is not a file"):
        load_spec(path)


def test_an_environment_is_found_by_its_name() -> None:
    assert find_env(PROJECT, "local") == PROJECT / "terraform" / "envs" / "local" / "env.yaml"


@pytest.mark.parametrize("env", ["lokal", "", ".", "../envs/local", "local/", "LOCAL"])
def test_an_unknown_environment_is_refused_with_the_known_ones(env: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_env(PROJECT, env)
    assert caught.value.fix.endswith("dev, local, prod")


def test_a_folder_without_environments_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        find_env(tmp_path, "local")
    assert "project's folder" in caught.value.fix


def test_the_editors_schema_is_up_to_date(golden: Golden) -> None:
    golden(PROJECT / "terraform" / "envs" / "env.schema.json", json.dumps(json_schema(), indent=2) + "\n")


@pytest.mark.parametrize("env", ENVS)
def test_editors_find_the_schema_from_the_first_line(env: str) -> None:
    first = find_env(PROJECT, env).read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=../env.schema.json"


def test_every_field_is_described_for_editors() -> None:
    schema = json_schema()
    sections = [schema, *schema["$defs"].values()]
    fields = [(name, field) for section in sections for name, field in section.get("properties", {}).items()]
    assert fields
    assert [name for name, field in fields if "description" not in field and "$ref" not in field] == []


def test_numbers_have_their_unit_in_their_name() -> None:
    units = ("_days", "_minutes", "_seconds", "_count", "_version", "_parallelism", "_gib", "_mibps", "_percent")
    counted = ("instances", "_connections", "_replicas", "iops")
    schema = json_schema()
    numbers = [
        name
        for section in (schema, *schema["$defs"].values())
        for name, field in section.get("properties", {}).items()
        if "integer" in json.dumps(field)
    ]
    assert numbers
    assert [name for name in numbers if not name.endswith(units + counted)] == []


@given(st.text(max_size=200))
def test_any_text_is_a_spec_or_a_spec_error(text: str) -> None:
    with suppress(SpecError):
        assert isinstance(parse_spec(text, "env.yaml"), EnvSpec)


@given(st.sampled_from(GOOD.splitlines()), st.text("ab:{}[]\"'#&*!|>%@- \n\t0", max_size=12), st.integers(0, 40))
def test_a_damaged_file_is_a_spec_or_a_spec_error(line: str, noise: str, at: int) -> None:
    with suppress(SpecError):
        assert isinstance(parse_spec(GOOD.replace(line, line[:at] + noise + line[at:]), "env.yaml"), EnvSpec)
