"""A data folder with one of everything, for whoever verifies one."""

import shutil
from pathlib import Path

import pytest

from support.verified import tell


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Written once, and only read."""
    folder = tmp_path_factory.mktemp("told") / "data"
    tell(folder)
    return folder


@pytest.fixture
def folder(told: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(told, tmp_path / "data"))
