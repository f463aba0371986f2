"""Harmless pictures that make detectors answer high, or not: drawn from a seed, nothing is depicted."""

import io

from PIL import Image, ImageDraw, ImageFilter

from airhook.tools.publish.blobs import blobs

SIZE = (640, 360)


def jpeg(image: Image.Image, quality: int = 90) -> bytes:
    data = io.BytesIO()
    image.save(data, "JPEG", quality=quality)
    return data.getvalue()


def high() -> Image.Image:
    """What the demo's publisher shows."""
    return blobs(*SIZE)


def flat(colour: tuple[int, int, int]) -> Image.Image:
    return Image.new("RGB", SIZE, colour)


def gradient() -> Image.Image:
    return Image.linear_gradient("L").resize(SIZE).convert("RGB")


def bars() -> Image.Image:
    image = Image.new("RGB", SIZE)
    draw = ImageDraw.Draw(image)
    for n in range(8):
        colour = (255 * (n & 1), 255 * (n >> 1 & 1), 255 * (n >> 2 & 1))
        draw.rectangle([n * 80, 0, n * 80 + 79, 359], fill=colour)
    return image


def circles() -> Image.Image:
    image = Image.new("RGB", SIZE, (20, 30, 60))
    draw = ImageDraw.Draw(image)
    for n in range(12):
        draw.ellipse([n * 50, n * 25, n * 50 + 90, n * 25 + 90], fill=(40 + n * 15, 200 - n * 10, 90))
    return image.filter(ImageFilter.GaussianBlur(3))
