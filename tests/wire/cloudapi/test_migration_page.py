"""What the page for those who come from CSS shows, works."""

import io
import re
from contextlib import redirect_stdout
from pathlib import Path

from airhook.cloudapi import catalogue
from airhook.config.load import known
from airhook.core.accounts import ApiKey
from support.api_server import ApiServer
from support.cloud import add_key
from support.desk import TestDesk

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "migrate-from-css.md").read_text()


def test_its_python(desk: TestDesk, server: ApiServer) -> None:
    key: ApiKey = add_key(desk)
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert code.count("127.0.0.1:8080") == 1
    said = io.StringIO()
    with redirect_stdout(said):
        exec(
            code.replace("127.0.0.1:8080", f"127.0.0.1:{server.port}"),
            {"SECRET_ID": key.secret_id, "SECRET_KEY": key.secret_key},
        )
    (template,) = desk.config.current.templates.values()
    assert said.getvalue().split() == [str(template.id)]
    assert (template.name, template.callback_key) == ("prod-hooks", "Kx7Pq2Lm9TzR4vBnW8")


def test_what_it_names_is_there() -> None:
    names = set(re.findall(r"`([a-z_]+\.[a-z_]+)(?: = \d+)?`", PAGE))
    assert {"rules.delay_s", "targets.allow", "limits.templates", "media.storage"} <= names
    assert names <= set(known())
    actions = set(re.findall(r"`((?:Describe|Create|Drop|Forbid|Delete|Modify)[A-Z]\w+)`", PAGE))
    assert actions <= catalogue.ACTIONS
    for page, anchor in re.findall(r"\]\((\w[\w-]*\.md)(?:#([\w-]+))?\)", PAGE):
        text = (DOCS / page).read_text()
        headings = {
            line.strip("# ").lower().replace(" ", "-") for line in text.splitlines() if line[:1] == "#"
        }
        assert not anchor or anchor in headings
