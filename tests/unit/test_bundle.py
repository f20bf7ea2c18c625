"""A plan bundle is applied only as it was made and only where everything still matches."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shopctl.bundle import (
    Bundle,
    BundleRefused,
    Circumstances,
    Fingerprint,
    Manifest,
    PlannedStack,
    StackInputs,
    StateVersion,
    differences,
    newest_bundle,
    read_bundle,
    remove_bundle,
    verify,
    write_bundle,
)
from shopctl.stacks import StackId

BASE = StackId.parse("base@eu-central-1")
EDGE = StackId.parse("edge")
NOW = datetime(2030, 1, 31, 12, 0, tzinfo=UTC)
INPUTS = StackInputs(variables="v", code="c", lock_file="l", backend="b")
STATE = StateVersion(lineage="one", serial=4)
HERE = Circumstances(
    env="prod",
    operation="deploy",
    account="111122223333",
    regions=("eu-central-1", "eu-west-1"),
    platform="linux_amd64",
    tools={"terraform": "1.11.4", "shopctl": "0.1.0"},
    commit="0123456789abcdef",
    dirty=False,
    code="code",
    facts="facts",
)
MANIFEST = Manifest(
    id="r1",
    created_at=NOW,
    expires_at=NOW + timedelta(minutes=60),
    made_in=HERE,
    stacks=(
        PlannedStack(stack=str(BASE), has_changes=True, add=3, inputs=INPUTS, state=STATE),
        PlannedStack(stack=str(EDGE), deferred="site@eu-central-1.nat_public_ips"),
    ),
)
CURRENT = Fingerprint(circumstances=HERE, inputs={BASE: INPUTS}, states={BASE: STATE})


def moved(**changes: object) -> Fingerprint:
    """How things are after one thing has changed."""
    return Fingerprint(HERE.model_copy(update=changes), CURRENT.inputs, CURRENT.states)


def with_inputs(**changes: str) -> Fingerprint:
    return Fingerprint(HERE, {BASE: INPUTS.model_copy(update=changes)}, CURRENT.states)


def with_state(state: StateVersion | None) -> Fingerprint:
    return Fingerprint(HERE, CURRENT.inputs, {BASE: state})


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    plan = tmp_path / "plan.tfplan"
    plan.write_bytes(b"a saved plan")
    return write_bundle(tmp_path / "bundles", MANIFEST, {BASE: plan})


def test_a_bundle_that_still_matches_may_be_applied(bundle: Bundle) -> None:
    verify(read_bundle(bundle.folder).manifest, CURRENT, NOW + timedelta(minutes=59))


def test_a_bundle_reads_back_as_it_was_written(bundle: Bundle) -> None:
    read = read_bundle(bundle.folder)
    assert read == bundle
    plan = read.plan_file(BASE)
    assert plan is not None
    assert plan.read_bytes() == b"a saved plan"
    assert read.plan_file(EDGE) is None


def test_a_bundle_is_for_its_owner_only(bundle: Bundle) -> None:
    assert bundle.folder.stat().st_mode & 0o077 == 0
    assert [path for path in bundle.folder.iterdir() if path.stat().st_mode & 0o077] == []


@pytest.mark.parametrize(
    ("current", "reason"),
    [
        (moved(env="dev"), "foreign: made for environment prod, this is dev"),
        (moved(operation="destroy"), "foreign: made for operation deploy, this is destroy"),
        (moved(account="444455556666"), "foreign: made for account 111122223333, this is 444455556666"),
        (moved(regions=("eu-north-1",)), "foreign: made for regions eu-central-1, eu-west-1, this is eu-north-1"),
        (moved(platform="darwin_arm64"), "foreign: made for kind of machine linux_amd64, this is darwin_arm64"),
        (moved(tools={"terraform": "1.12.0", "shopctl": "0.1.0"}), "terraform was 1.11.4 and is 1.12.0"),
        (moved(tools={"terraform": "1.11.4"}), "shopctl was 0.1.0 and is absent"),
        (moved(commit="fedcba9876543210"), "the checkout was at 0123456789ab and is at fedcba987654"),
        (moved(dirty=True), "0123456789ab with uncommitted changes"),
        (moved(code="other"), "the code below terraform/ has changed"),
        (moved(facts="other"), "the facts of the environment have changed"),
        (with_inputs(variables="x"), "base@eu-central-1: its rendered variables changed"),
        (with_inputs(code="x"), "base@eu-central-1: its code changed"),
        (with_inputs(lock_file="x"), "base@eu-central-1: its provider lock file changed"),
        (with_inputs(backend="x"), "base@eu-central-1: its backend configuration changed"),
        (with_state(StateVersion(lineage="one", serial=5)), "stale: its state was at serial 4 and is at 5"),
        (with_state(StateVersion(lineage="two", serial=4)), "stale: its state was replaced by another one"),
        (with_state(None), "stale: its state is gone"),
        (Fingerprint(HERE, {}, {}), "base@eu-central-1 is not a stack of this environment any more"),
    ],
)
def test_each_thing_that_has_changed_refuses_and_is_named(current: Fingerprint, reason: str) -> None:
    with pytest.raises(BundleRefused) as refused:
        verify(MANIFEST, current, NOW)
    assert reason in refused.value.reason
    assert len(list(differences(MANIFEST, current, NOW))) == 1


def test_a_state_that_came_into_being_since_is_stale() -> None:
    fresh = MANIFEST.stacks[0].model_copy(update={"state": None})
    manifest = MANIFEST.model_copy(update={"stacks": (fresh,)})
    assert list(differences(manifest, with_state(None), NOW)) == []
    assert list(differences(manifest, CURRENT, NOW)) == [
        "base@eu-central-1: it is stale: there was no state, now there is one"
    ]


def test_an_old_bundle_is_refused_with_its_age() -> None:
    with pytest.raises(BundleRefused, match="too old: made 60 minutes ago, good until 2030-01-31 13:00 UTC"):
        verify(MANIFEST, CURRENT, NOW + timedelta(minutes=60))


def test_all_reasons_are_told_at_once() -> None:
    current = Fingerprint(HERE.model_copy(update={"facts": "x"}), {BASE: INPUTS}, {BASE: None})
    assert len(list(differences(MANIFEST, current, NOW + timedelta(days=1)))) == 3


def test_what_the_same_run_has_applied_does_not_speak_against_it() -> None:
    verify(MANIFEST, with_state(StateVersion(lineage="one", serial=5)), NOW, applied={BASE})


def edit_plan(folder: Path) -> None:
    (folder / f"{BASE}.tfplan").write_bytes(b"another plan")


def lose_plan(folder: Path) -> None:
    (folder / f"{BASE}.tfplan").unlink()


def edit_manifest(folder: Path) -> None:
    file = folder / "manifest.json"
    document = json.loads(file.read_text())
    document["manifest"]["expires_at"] = "2099-01-01T00:00:00Z"
    file.write_text(json.dumps(document))


def cut_manifest(folder: Path) -> None:
    file = folder / "manifest.json"
    file.write_bytes(file.read_bytes()[:100])


def lose_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (edit_plan, "the plan of base@eu-central-1 was edited"),
        (lose_plan, "the plan of base@eu-central-1 is missing"),
        (edit_manifest, "the manifest was edited"),
        (cut_manifest, "the manifest is edited or of another version"),
        (lose_manifest, "holds no plan bundle"),
    ],
)
def test_an_edited_bundle_is_refused(bundle: Bundle, harm: Callable[[Path], None], reason: str) -> None:
    harm(bundle.folder)
    with pytest.raises(BundleRefused, match=reason):
        read_bundle(bundle.folder)


def test_the_newest_bundle_is_found_and_a_removed_one_is_gone(bundle: Bundle, tmp_path: Path) -> None:
    assert newest_bundle(tmp_path / "bundles") == bundle.folder
    remove_bundle(bundle.folder)
    assert newest_bundle(tmp_path / "bundles") is None
    assert not bundle.folder.exists()
