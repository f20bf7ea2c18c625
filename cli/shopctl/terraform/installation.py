"""Which Terraform this machine has, and where it gets the AWS provider from.

A mirror that the machine already has is used as it is: half a gigabyte is neither downloaded nor copied.
Mirror layout: developer.hashicorp.com/terraform/cli/config/config-file#filesystem_mirror
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from shopctl.errors import PrerequisiteError
from shopctl.files import atomic_write, make_private_folder

OLDEST = (1, 11)  # write-only arguments and native locks of the S3 backend
PROVIDER = "registry.terraform.io/hashicorp/aws"

_INHERITED = (
    *("HOME", "PATH", "TMPDIR", "LANG", "LC_ALL", "USER", "SSL_CERT_FILE", "SSL_CERT_DIR", "AWS_CA_BUNDLE"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
)
_SEARCHED = (Path("/opt"), Path("/usr/local"), Path("/usr/share"), Path("/var/lib"), Path("/srv"))
_SEARCH_DEPTH = 3
_SEARCHED_FOLDERS = 3_000
_NEVER_SEARCHED = frozenset({"node_modules", "site-packages", "doc", "man", "docker", "containerd"})
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True, slots=True)
class Installation:
    """The terraform binary, and how it finds its provider.

    ``provider`` says where the provider comes from, in words. ``cli_config`` is the CLI configuration that
    every command gets. ``plugin_cache`` is set where providers are downloaded; init must then run alone.
    """

    binary: Path
    version: str
    provider: str
    cli_config: Path
    plugin_cache: Path | None

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which Terraform learns of this."""
        cache = {"TF_PLUGIN_CACHE_DIR": str(self.plugin_cache)} if self.plugin_cache else {}
        return {"TF_CLI_CONFIG_FILE": str(self.cli_config)} | cache

    @property
    def identity(self) -> str:
        """What makes an init by this installation differ from one by another."""
        return f"{self.version}\n{self.provider}\n{self.cli_config.read_text()}"


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What a child process inherits in any case: no credentials, endpoints or settings of Terraform."""
    return {name: environ[name] for name in _INHERITED if name in environ}


def find_installation(home: Path, environ: Mapping[str, str]) -> Installation:
    """Find Terraform and a source of the provider; writes a CLI configuration of our own below ``home``.

    The user's own CLI configuration, where the file exists, is left in charge. Else the provider comes from
    a mirror on this machine, else from the registry through a cache in ``home``.
    Raises: PrerequisiteError where Terraform is missing or too old.
    """
    binary = _find_binary(environ)
    version = _read_version(binary, environ)
    users = _users_config(environ)
    if users is not None:
        return Installation(binary, version, f"as {users} says", users, None)
    make_private_folder(home)
    config = home / "terraform.rc"
    mirror = _known_mirror(home) or find_mirror(home, environ)
    if mirror is None:
        _write(config, "disable_checkpoint = true\n")
        cache = make_private_folder(home / "plugins")
        return Installation(binary, version, "downloaded from registry.terraform.io", config, cache)
    _write(home / "provider-mirror", f"{mirror}\n")
    _write(config, _mirror_config(mirror))
    return Installation(binary, version, f"from the mirror {mirror}", config, None)


def find_mirror(home: Path, environ: Mapping[str, str]) -> Path | None:
    """Look for a folder with the layout of a provider mirror that has the AWS provider for this machine.

    Looks first where Terraform looks by itself, then some levels below the usual roots; bounded by a number
    of folders. ``home`` itself is left out.
    """
    return next((place for place in _candidates(home, environ) if _holds_provider(place)), None)


def _find_binary(environ: Mapping[str, str]) -> Path:
    chosen = environ.get("SHOPCTL_TERRAFORM", "terraform")
    found = shutil.which(chosen, path=environ.get("PATH"))
    if found is None:
        raise PrerequisiteError(
            f"Terraform was not found ({chosen} is not on PATH)",
            "install Terraform 1.11 or newer (developer.hashicorp.com/terraform/install), or set SHOPCTL_TERRAFORM",
        )
    return Path(found).resolve()


def _read_version(binary: Path, environ: Mapping[str, str]) -> str:
    quiet = child_environment(environ) | {"CHECKPOINT_DISABLE": "1"}
    try:
        answer = subprocess.run(  # noqa: S603 - the program that PATH or SHOPCTL_TERRAFORM names; there is no shell
            [binary, "version", "-json"], env=quiet, stdin=subprocess.DEVNULL, capture_output=True, check=True
        )
        version = str(json.loads(answer.stdout)["terraform_version"])
    except (OSError, subprocess.CalledProcessError, ValueError, KeyError) as error:
        raise PrerequisiteError(f"{binary} does not answer as Terraform does", "reinstall Terraform") from error
    if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) < OLDEST:
        raise PrerequisiteError(
            f"Terraform {version} at {binary} is too old; 1.11 is the oldest that works",
            "install Terraform 1.11 or newer, or point SHOPCTL_TERRAFORM to one",
        )
    return version


def _users_config(environ: Mapping[str, str]) -> Path | None:
    named = environ.get("TF_CLI_CONFIG_FILE")
    places = [Path(named)] if named else []
    if "HOME" in environ:
        places.append(Path(environ["HOME"]) / ".terraformrc")
    return next((place.resolve() for place in places if place.is_file()), None)


def _known_mirror(home: Path) -> Path | None:
    note = home / "provider-mirror"
    known = Path(note.read_text().strip()) if note.is_file() else None
    return known if known is not None and _holds_provider(known) else None


def _candidates(home: Path, environ: Mapping[str, str]) -> Iterator[Path]:
    if environ.get("TF_PLUGIN_CACHE_DIR"):
        yield Path(environ["TF_PLUGIN_CACHE_DIR"])
    yield from _implied_mirrors(environ)
    roots = (*_SEARCHED, Path(environ["HOME"])) if "HOME" in environ else _SEARCHED
    yield from _search(roots, home.resolve())


def _implied_mirrors(environ: Mapping[str, str]) -> Iterator[Path]:
    """Source: developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories."""
    user = Path(environ.get("HOME", "/"))
    shared = environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    yield user / ".terraform.d" / "plugins"
    yield Path(environ.get("XDG_DATA_HOME") or user / ".local" / "share") / "terraform" / "plugins"
    yield user / "Library" / "Application Support" / "io.terraform" / "plugins"
    yield Path("/Library/Application Support/io.terraform/plugins")
    yield from (Path(place) / "terraform" / "plugins" for place in shared.split(":"))


def _search(roots: tuple[Path, ...], excluded: Path) -> Iterator[Path]:
    """Walk breadth first, so that a mirror near a root is found before a deep tree uses up the bound."""
    level = [root for root in roots if root.is_dir()]
    left = _SEARCHED_FOLDERS
    for _ in range(_SEARCH_DEPTH + 1):
        following: list[Path] = []
        for folder in level[:left]:
            if (folder / PROVIDER).is_dir():
                yield folder
            following += [child for child in _children(folder) if child != excluded]
        left -= len(level)
        level = following


def _children(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = sorted(
                entry.name
                for entry in entries
                # Hidden folders hold other tools' private copies, such as .terraform of some checkout.
                if not entry.name.startswith(".")
                and entry.name not in _NEVER_SEARCHED
                and entry.is_dir(follow_symlinks=False)
            )
    except OSError:
        return []
    return [folder / name for name in names]


def _holds_provider(mirror: Path) -> bool:
    machine = platform.machine().lower()
    target = f"{platform.system().lower()}_{_MACHINES.get(machine, machine)}"
    folder = mirror / PROVIDER
    unpacked = folder.glob(f"*/{target}/terraform-provider-aws_*")
    packed = folder.glob(f"terraform-provider-aws_*_{target}.zip")
    return any(unpacked) or any(packed)


def _mirror_config(mirror: Path) -> str:
    return f"""\
# Written by shopctl: the AWS provider comes from the mirror that this machine has.
disable_checkpoint = true
provider_installation {{
  filesystem_mirror {{
    path    = {json.dumps(str(mirror))}
    include = ["{PROVIDER}"]
  }}
  direct {{
    exclude = ["{PROVIDER}"]
  }}
}}
"""


def _write(path: Path, text: str) -> None:
    if not path.is_file() or path.read_text() != text:
        atomic_write(path, text.encode())
