"""The style sheets: colours of ours can be read (WCAG 2.2, 1.4.3), and templates name only what exists."""

import re
from pathlib import Path

import pytest

import airhook.console
from airhook.console import places
from airhook.console.assets import FETCHED, STATIC_DIR
from support.catalogues import CONSOLE

ROOT = Path(airhook.console.__file__).parents[3]
SHEET = (STATIC_DIR / "console.css").read_text()
LIGHT, DARK = (
    dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
    for block in re.findall(
        r"^:root(?:\[data-bs-theme=\"dark\"\])? \{(.*?)\}", SHEET, re.DOTALL | re.MULTILINE
    )
)
MARKUP = "".join(page.read_text() for page in sorted(CONSOLE.glob("templates/**/*.html")))
TONES = ("good", "warn", "bad", "busy", "quiet")
WHITE = {"light": "#ffffff", "dark": "#262626"}  # Tabler's surfaces


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("tone", TONES)
def test_a_tone_can_be_read_on_its_wash_and_on_a_card(theme: str, tone: str) -> None:
    colours = {**LIGHT, **(DARK if theme == "dark" else {})}
    assert contrast(colours[tone], colours[f"{tone}-wash"]) >= 4.5
    assert contrast(colours[tone], WHITE[theme]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_quiet_text_and_links_can_be_read(theme: str) -> None:
    colours = {**LIGHT, **(DARK if theme == "dark" else {})}
    for name in ("soft", "tblr-link-color"):
        assert contrast(colours[name], WHITE[theme]) >= 4.5


@pytest.mark.parametrize("name", ["console.css", "plain.css"])
def test_nothing_is_fetched_from_elsewhere(name: str) -> None:
    sheet = (STATIC_DIR / name).read_text()
    assert "url(" not in sheet
    assert "@import" not in sheet


def test_fetched_files_load_nothing_from_elsewhere() -> None:
    for name in FETCHED:
        path = STATIC_DIR / name
        assert path.is_file(), "the console's assets are missing; run: make assets"
        text = path.read_text()
        assert not re.search(r"url\(\s*[\"']?(?:https?:|//)", text), name
        assert "sourceMappingURL" not in text


def test_icons_are_those_that_are_fetched() -> None:
    named = set(re.findall(r'icon\("([a-z0-9-]+)"', MARKUP))
    named |= set(re.findall(r'sign="([a-z0-9-]+)"', MARKUP)) - {"", "btn"}
    named |= {place.icon for group in places.GROUPS for place in group.places}
    lines = (ROOT / "assets" / "icons.txt").read_text().splitlines()
    fetched = {line for line in lines if line and not line.startswith("#")}
    assert named - fetched == set()
    sprite = (STATIC_DIR / "vendor" / "icons.svg").read_text()
    assert set(re.findall(r'<symbol id="([a-z0-9-]+)"', sprite)) == fetched
