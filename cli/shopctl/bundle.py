"""A plan bundle: the saved plans of an environment, bound to everything that they were made from.

Terraform notices a state that moved, but applies a saved plan after its code, variables or tools have
changed, because a plan embeds them. So a bundle holds digests of all of it, and ``verify`` refuses what no
longer matches, saying what changed. On the disk it is a private folder with the plans and a manifest; its
plans hold secrets in clear.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from shopctl.adopt import IMPORTS_FILE
from shopctl.errors import GateRefused
from shopctl.files import PRIVATE_FILE, atomic_write, digest_file, digest_tree, make_private_folder
from shopctl.stacks import StackId
from shopctl.terraform import Workdir
from shopctl.terraform.workdir import is_source

_MANIFEST: Final = "manifest.json"
_AGAIN: Final = "plan again: shopctl plan"


class BundleRefused(GateRefused):
    """A plan bundle may not be applied; the reason lists all that speaks against it."""

    code = "bundle_refused"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StateVersion(_Model):
    """Which version of a state a plan was made against."""

    lineage: str
    serial: int


class StackInputs(_Model):
    """Digests of what a stack's plan is made from, besides its state."""

    variables: str
    code: str
    lock_file: str
    backend: str


class PlannedStack(_Model):
    """One stack of a bundle. A deferred one has no plan, inputs or state: it is planned in its wave."""

    stack: str
    plan: str | None = None
    plan_digest: str | None = None
    has_changes: bool = False
    add: int = 0
    change: int = 0
    destroy: int = 0
    inputs: StackInputs | None = None
    state: StateVersion | None = None
    deferred: str | None = None


class Circumstances(_Model):
    """What all plans of a bundle have in common. ``tools`` maps names to versions."""

    env: str
    operation: Literal["deploy", "destroy"]
    account: str
    regions: tuple[str, ...]
    platform: str
    tools: dict[str, str]
    commit: str
    dirty: bool
    code: str
    facts: str


class Manifest(_Model):
    """What a bundle says about itself."""

    format: Literal[1] = 1
    id: str
    created_at: AwareDatetime
    expires_at: AwareDatetime
    made_in: Circumstances
    stacks: tuple[PlannedStack, ...]

    def digest(self) -> str:
        """The SHA-256 of the manifest, in hex; it covers the plans by their digests."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """How things are now: what a bundle is compared with. A stack without a state has None in ``states``."""

    circumstances: Circumstances
    inputs: Mapping[StackId, StackInputs]
    states: Mapping[StackId, StateVersion | None]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle on the disk, whole as it was written."""

    folder: Path
    manifest: Manifest

    @property
    def digest(self) -> str:
        """The digest of the manifest, to journal with the approval."""
        return self.manifest.digest()

    def plan_file(self, stack: StackId) -> Path | None:
        """The saved plan of a stack; None for a deferred one."""
        entry = next((entry for entry in self.manifest.stacks if entry.stack == str(stack)), None)
        return self.folder / entry.plan if entry is not None and entry.plan else None


# --- comparing: pure -------------------------------------------------------------------------------------------------


def verify(manifest: Manifest, current: Fingerprint, now: datetime, applied: Collection[StackId] = ()) -> None:
    """Refuse a bundle that no longer fits how things are.

    Pure. ``applied`` are stacks that the same run has applied already: their states have moved by that.
    Raises: BundleRefused with every reason.
    """
    reasons = tuple(differences(manifest, current, now, applied))
    if reasons:
        raise BundleRefused(
            f"the plan bundle {manifest.id} may not be applied:\n" + "\n".join(f"- {reason}" for reason in reasons),
            _AGAIN,
        )


def differences(
    manifest: Manifest, current: Fingerprint, now: datetime, applied: Collection[StackId] = ()
) -> Iterator[str]:
    """What has changed since a bundle was made, each in a sentence. Pure."""
    if now >= manifest.expires_at:
        minutes = int((now - manifest.created_at).total_seconds() // 60)
        yield f"it is too old: made {minutes} minutes ago, good until {manifest.expires_at:%Y-%m-%d %H:%M} UTC"
    yield from _foreign(manifest.made_in, current.circumstances)
    yield from _moved(manifest.made_in, current.circumstances)
    skipped = {str(stack) for stack in applied}
    for entry in manifest.stacks:
        if entry.stack not in skipped and entry.inputs is not None:
            yield from _changed(entry, current)


def _foreign(made: Circumstances, now: Circumstances) -> Iterator[str]:
    told = {
        "environment": (made.env, now.env),
        "operation": (made.operation, now.operation),
        "account": (made.account, now.account),
        "regions": (", ".join(made.regions), ", ".join(now.regions)),
        "kind of machine": (made.platform, now.platform),
    }
    for name, (then, today) in told.items():
        if then != today:
            yield f"it is foreign: made for {name} {then}, this is {today}"


def _moved(made: Circumstances, now: Circumstances) -> Iterator[str]:
    for tool in sorted(made.tools.keys() | now.tools.keys()):
        then, today = made.tools.get(tool, "absent"), now.tools.get(tool, "absent")
        if then != today:
            yield f"{tool} was {then} and is {today}"
    if (made.commit, made.dirty) != (now.commit, now.dirty):
        yield f"the checkout was at {_commit(made)} and is at {_commit(now)}"
    if made.code != now.code:
        yield "the code below terraform/ has changed"
    if made.facts != now.facts:
        yield "the facts of the environment have changed: somebody shipped, failed over or scaled"


def _commit(circumstances: Circumstances) -> str:
    return circumstances.commit[:12] + (" with uncommitted changes" if circumstances.dirty else "")


_PARTS: Final = {
    "variables": "rendered variables",
    "code": "code",
    "lock_file": "provider lock file",
    "backend": "backend configuration",
}


def _changed(entry: PlannedStack, current: Fingerprint) -> Iterator[str]:
    stack = StackId.parse(entry.stack)
    inputs = current.inputs.get(stack)
    if entry.inputs is None or inputs is None:
        yield f"{stack} is not a stack of this environment any more, or waits for another one"
        return
    made, now = entry.inputs.model_dump(), inputs.model_dump()
    yield from (f"{stack}: its {words} changed" for part, words in _PARTS.items() if made[part] != now[part])
    yield from _stale(stack, entry.state, current.states.get(stack))


def _stale(stack: StackId, planned: StateVersion | None, now: StateVersion | None) -> Iterator[str]:
    match planned, now:
        case None, None:
            return
        case None, StateVersion():
            yield f"{stack}: it is stale: there was no state, now there is one"
        case StateVersion(), None:
            yield f"{stack}: it is stale: its state is gone"
        case StateVersion(), StateVersion() if planned.lineage != now.lineage:
            yield f"{stack}: it is stale: its state was replaced by another one"
        case StateVersion(), StateVersion() if planned.serial != now.serial:
            yield f"{stack}: it is stale: its state was at serial {planned.serial} and is at {now.serial}"


# --- the disk --------------------------------------------------------------------------------------------------------


def digest_inputs(work: Workdir) -> StackInputs:
    """Digest what a prepared and initialised stack would be planned from.

    Imports are left out: they say of things as they stood what the plan itself says.
    """

    def is_code(path: Path) -> bool:
        return is_source(path) and path.suffix != ".hcl" and path.name != IMPORTS_FILE

    return StackInputs(
        variables=digest_file(work.var_file),
        code=digest_tree(work.folder / "terraform", keep=is_code),
        lock_file=digest_file(work.lock_file) if work.lock_file.is_file() else "none",
        backend=digest_file(work.backend_file),
    )


def digest_code(terraform: Path) -> str:
    """Digest the modules and stacks of a checkout."""
    return digest_tree(terraform, keep=is_source)


def write_bundle(bundles: Path, manifest: Manifest, plans: Mapping[StackId, Path]) -> Bundle:
    """Copy the saved plans into a new private folder below ``bundles`` and seal it with the manifest.

    Fills in the name and the digest of each plan. The manifest comes last: a folder without one is no bundle.
    Raises: DiskFull.
    """
    folder = make_private_folder(bundles / manifest.id)
    entries = []
    for entry in manifest.stacks:
        source = plans.get(StackId.parse(entry.stack))
        if source is None:
            entries.append(entry)
            continue
        name = f"{entry.stack}.tfplan"
        atomic_write(folder / name, source.read_bytes(), PRIVATE_FILE)
        entries.append(entry.model_copy(update={"plan": name, "plan_digest": digest_file(folder / name)}))
    sealed = manifest.model_copy(update={"stacks": tuple(entries)})
    document = {"digest": sealed.digest(), "manifest": sealed.model_dump(mode="json")}
    atomic_write(folder / _MANIFEST, json.dumps(document, indent=2).encode(), PRIVATE_FILE)
    return Bundle(folder, sealed)


def read_bundle(folder: Path) -> Bundle:
    """Read a bundle back and prove that it is as it was written.

    Raises: BundleRefused where a file is missing, edited, or of another format.
    """
    manifest = _read_manifest(folder)
    bundle = Bundle(folder, manifest)
    for entry in manifest.stacks:
        if entry.plan is not None:
            _refuse_edited(folder / Path(entry.plan).name, entry)
    return bundle


def newest_bundle(bundles: Path) -> Path | None:
    """The folder of the bundle that was sealed last; None where there is none."""
    sealed = [path.parent for path in bundles.glob(f"*/{_MANIFEST}")]
    return max(sealed, key=lambda folder: (folder / _MANIFEST).stat().st_mtime_ns, default=None)


def remove_bundle(folder: Path) -> None:
    """Remove a bundle: its plans hold secrets, so none is kept longer than it is of use."""
    (folder / _MANIFEST).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def _read_manifest(folder: Path) -> Manifest:
    try:
        document = json.loads((folder / _MANIFEST).read_bytes())
        manifest = Manifest.model_validate(document["manifest"])
        digest = document["digest"]
    except FileNotFoundError as error:
        raise BundleRefused(f"{folder} holds no plan bundle", _AGAIN) from error
    except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
        raise BundleRefused(f"{folder}: the manifest is edited or of another version of shopctl", _AGAIN) from error
    if manifest.digest() != digest:
        raise BundleRefused(f"{folder}: the manifest was edited after the plans were made", _AGAIN)
    return manifest


def _refuse_edited(file: Path, entry: PlannedStack) -> None:
    if not file.is_file():
        raise BundleRefused(f"{file.parent}: the plan of {entry.stack} is missing", _AGAIN)
    if digest_file(file) != entry.plan_digest:
        raise BundleRefused(f"{file.parent}: the plan of {entry.stack} was edited after it was made", _AGAIN)
