"""The project is found from anywhere in it, and writes are whole and private."""

from __future__ import annotations

from pathlib import Path

import pytest

from shopctl.errors import PrerequisiteError
from shopctl.files import atomic_write, digest_tree, find_paths, make_private_folder
from support.environments import PROJECT


def make_project(folder: Path) -> Path:
    (folder / "terraform" / "envs").mkdir(parents=True)
    (folder / "docs" / "deep").mkdir(parents=True)
    return folder


def test_the_project_is_the_nearest_folder_above_that_holds_environments(tmp_path: Path) -> None:
    project = make_project(tmp_path / "shop")
    paths = find_paths(project / "docs" / "deep", {})
    assert paths.root == project
    assert paths.home == project / ".shopctl"
    assert paths.spec("local") == project / "terraform" / "envs" / "local" / "env.yaml"


def test_outside_of_a_project_it_is_the_checkout_that_shopctl_was_installed_from(tmp_path: Path) -> None:
    assert find_paths(tmp_path, {}).root == PROJECT


def test_the_work_folder_can_be_elsewhere(tmp_path: Path) -> None:
    assert find_paths(tmp_path, {"SHOPCTL_HOME": "work"}).home == tmp_path / "work"


def test_a_write_leaves_the_new_content_and_no_draft(tmp_path: Path) -> None:
    file = tmp_path / "private" / "facts.json"
    atomic_write(file, b"old")
    atomic_write(file, b"new")
    assert file.read_bytes() == b"new"
    assert [path.name for path in file.parent.iterdir()] == ["facts.json"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_a_write_that_cannot_be_leaves_the_old_content(tmp_path: Path) -> None:
    taken = tmp_path / "name"
    (taken / "inside").mkdir(parents=True)
    with pytest.raises(PrerequisiteError, match="name"):
        atomic_write(taken, b"content")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["name"]


def test_a_folder_that_others_could_read_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert make_private_folder(tmp_path).stat().st_mode & 0o777 == 0o700


def test_a_digest_follows_names_and_contents_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "a.tf"
    file.write_text("locals {}")
    before = digest_tree(tmp_path)
    file.chmod(0o600)
    (tmp_path / "b.md").write_text("notes")
    assert digest_tree(tmp_path, keep=lambda path: path.suffix == ".tf") == before
    assert digest_tree(tmp_path) != before
    file.rename(tmp_path / "c.tf")
    assert digest_tree(tmp_path, keep=lambda path: path.suffix == ".tf") != before
