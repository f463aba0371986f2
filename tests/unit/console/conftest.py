from collections.abc import Iterator
from pathlib import Path

import pytest

from support.console_site import Site, open_site
from support.http_server import Switch, serve_switch


@pytest.fixture(scope="session")
def switch() -> Iterator[Switch]:
    with serve_switch() as switch:
        yield switch


@pytest.fixture
def site(tmp_path: Path, switch: Switch) -> Iterator[Site]:
    with open_site(tmp_path, switch) as site:
        yield site
