from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def no_proxy() -> Iterator[None]:
    """Clients must reach the port next to them, whatever the machine's proxy settings say."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "*")
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            patch.delenv(name, raising=False)
        yield
