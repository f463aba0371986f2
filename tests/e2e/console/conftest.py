"""One browser and one server for each module; each test has a site and readers of its own."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from support.console_site import Site, open_site
from support.http_server import Switch, serve_switch
from support.pages import Reader, chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def switch() -> Iterator[Switch]:
    with serve_switch() as running:
        yield running


@pytest.fixture
def site(tmp_path, switch: Switch) -> Iterator[Site]:
    with open_site(tmp_path, switch) as opened:
        yield opened


@pytest.fixture
def reader(browser: Browser, site: Site) -> Iterator[Callable[..., Reader]]:
    """Makes readers, each with cookies of its own; at the end, none of their pages may have complained."""
    made: list[Reader] = []

    def make(**options: Any) -> Reader:
        made.append(Reader(browser, site, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()
    assert [problem for one in made for problem in one.problems] == []


@pytest.fixture
def page(reader: Callable[..., Reader]) -> Page:
    """Signed in as an owner, on the overview."""
    return reader().sign_in()
