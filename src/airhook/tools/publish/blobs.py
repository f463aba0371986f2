"""A picture for the audit of the demo: blurred ellipses drawn from a seed, in warm colours. Nothing is depicted.

The built-in detector takes it for what it is not, which is all that a demonstration needs.
"""

import random

from PIL import Image, ImageDraw, ImageFilter

SEED = 436  # found by drawing some hundred: the detector says 0.77


def blobs(width: int, height: int) -> Image.Image:
    """RGB."""
    chance = random.Random(SEED)  # noqa: S311 - the same picture every time
    ground = (chance.randint(120, 230), chance.randint(90, 180), chance.randint(70, 160))
    image = Image.new("RGB", (width, height), ground)
    draw = ImageDraw.Draw(image)
    for _ in range(chance.randint(4, 12)):
        draw.ellipse(_box(chance, width, height), fill=_warm(chance))
    return image.filter(ImageFilter.GaussianBlur(height / 24))


def _box(chance: random.Random, width: int, height: int) -> tuple[float, float, float, float]:
    x, y = chance.uniform(0, 1) * width, chance.uniform(0, 1) * height
    across, down = chance.uniform(0.05, 0.35) * width, chance.uniform(0.08, 0.5) * height
    return x - across, y - down, x + across, y + down


def _warm(chance: random.Random) -> tuple[int, int, int]:
    light = chance.randint(150, 240)
    return light, int(light * chance.uniform(0.62, 0.82)), int(light * chance.uniform(0.45, 0.7))
