"""The style sheet: text can be read on every ground, in the light and in the dark (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re

import pytest

from support.catalogues import CONSOLE

SHEET = (CONSOLE / "static" / "console.css").read_text()
LIGHT, DARK = (
    dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
    for block in re.findall(r"^ *:root \{(.*?)\}", SHEET, re.DOTALL | re.MULTILINE)
)

TEXT_ON_GROUND = [
    *((text, ground) for text in ("ink", "soft", "brand") for ground in ("page", "surface", "sunken")),
    *((text, ground) for text in ("good", "warn", "bad", "busy") for ground in ("surface", "sunken")),
    *((tone, f"{tone}-wash") for tone in ("good", "warn", "bad", "busy", "quiet")),
    ("on-brand", "brand"),
    ("on-brand", "brand-strong"),
]


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_ON_GROUND)
def test_text_stands_out(scheme: dict[str, str], text: str, ground: str) -> None:
    assert contrast(scheme[text], scheme[ground]) >= 4.5


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["page", "surface", "sunken"])
def test_the_ring_of_focus_stands_out(scheme: dict[str, str], ground: str) -> None:
    assert contrast(scheme["focus"], scheme[ground]) >= 3


def test_both_schemes_name_the_same_colours() -> None:
    assert set(LIGHT) == set(DARK)
    assert len(LIGHT) > 20


def test_nothing_is_fetched_from_elsewhere() -> None:
    assert "url(" not in SHEET
    assert "@import" not in SHEET


def test_every_class_of_a_template_is_styled_or_used_by_the_script() -> None:
    script = (CONSOLE / "static" / "console.js").read_text()
    markup = "".join(page.read_text() for page in CONSOLE.glob("templates/**/*.html"))
    markup = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", " ", markup)
    classes = {name for found in re.findall(r'class="([^"]*)"', markup) for name in found.split()}
    unused = {name for name in classes if f".{name}" not in SHEET + script}
    assert unused == set()
