"""Whether this machine has what shopctl needs, and what to do where it has not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shopctl.aws.cloud import connect
from shopctl.checkov import find_checkov
from shopctl.errors import PrerequisiteError, ShopctlError
from shopctl.files import Paths, free_bytes, make_private_folder
from shopctl.spec import EnvSpec
from shopctl.terraform import find_installation

# A provider is 0.7 GB where it must be downloaded; plans, logs and the local cloud need little beside it.
NEEDED_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: what was found, and the cure where it will not do."""

    name: str
    is_well: bool
    found: str
    fix: str = ""


def examine(paths: Paths, spec: EnvSpec, environ: Mapping[str, str]) -> tuple[Check, ...]:
    """Look at everything that commands on an environment need; the order is that of their need.

    Asks AWS whose the credentials are where the environment lives there. Changes nothing but the work folder.
    """
    return (
        _check("work folder", lambda: _work_folder(paths)),
        _check("disk", lambda: _disk(paths)),
        _check("Terraform", lambda: _terraform(paths, environ)),
        _check("AWS provider", lambda: find_installation(paths.home, environ).provider),
        _check("checkov", lambda: str(find_checkov(paths.home, environ).binary)),
        _check("local cloud" if spec.cloud == "local" else "credentials", lambda: _credentials(paths, spec, environ)),
    )


def _check(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, is_well=True, found=look())
    except ShopctlError as error:
        return Check(name, is_well=False, found=error.reason, fix=error.fix)


def _work_folder(paths: Paths) -> str:
    return str(make_private_folder(paths.home))


def _disk(paths: Paths) -> str:
    free = free_bytes(paths.home)
    if free < NEEDED_BYTES:
        raise PrerequisiteError(
            f"{free / (1 << 30):.1f} GiB are free at {paths.home}; 1 GiB is needed",
            "free some space, or move the work folder with SHOPCTL_HOME",
        )
    return f"{free / (1 << 30):.0f} GiB free"


def _terraform(paths: Paths, environ: Mapping[str, str]) -> str:
    installation = find_installation(paths.home, environ)
    return f"{installation.version} ({installation.binary})"


def _credentials(paths: Paths, spec: EnvSpec, environ: Mapping[str, str]) -> str:
    cloud = connect(spec, paths.home, environ)
    identity = cloud.verify_identity()
    return f"{cloud.endpoint or 'AWS'}, account {identity.account} as {identity.arn}"
