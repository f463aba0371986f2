"""The wheel carries the console's assets, which are not in the repository: without them there is no wheel."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

STAMP = Path("src/airhook/console/static/vendor/.stamp")


class AssetsHook(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "editable" and not (Path(self.root) / STAMP).exists():
            raise RuntimeError(
                "The console's assets are missing: run `make assets`, then build the wheel again"
            )
        build_data["artifacts"].append(f"/{STAMP.parent}/*")
