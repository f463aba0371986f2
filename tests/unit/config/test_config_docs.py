"""The page of the settings is the one that the tree makes."""

from pathlib import Path

from airhook.config.docs import render
from airhook.config.load import known, variable

PAGE = Path(__file__).parents[3] / "docs" / "settings.md"


def test_the_page_is_up_to_date():
    assert PAGE.read_text("utf-8") == render(), "run: python -m airhook.config.docs > docs/settings.md"


def test_every_setting_is_on_the_page_and_says_what_it_is_for():
    page = render()
    for name, setting in known().items():
        assert f"`{name}`<br>`{variable(name)}`" in page
        assert setting.text.endswith("."), name
