"""A wheel without the console's assets would have a console without its look: it is not built, and says what to do."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def hook(root: Path) -> Any:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.AssetsHook(str(root), {}, None, None, str(root / "dist"), "wheel")


def test_without_assets_there_is_no_wheel(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="run `make assets`"):
        hook(tmp_path).initialize("standard", {"artifacts": []})


def test_who_works_on_the_source_needs_none_to_install_it(tmp_path: Path) -> None:
    hook(tmp_path).initialize("editable", {"artifacts": []})


def test_with_assets_they_are_in_the_wheel_although_git_ignores_them() -> None:
    data: dict[str, Any] = {"artifacts": []}
    hook(ROOT).initialize("standard", data)
    assert data["artifacts"] == ["/src/airhook/console/static/vendor/*"]
