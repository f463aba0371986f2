"""Headers that no encoder at hand writes, put together bit by bit from the specifications."""

import pytest

from airhook.ingest.sps import Size, av1_size, h264_size, hevc_size

WIDTH, HEIGHT = 40 * 16, 22 * 16 + 8  # cropped by 8 rows


def ue(number: int) -> str:
    """Exp-Golomb."""
    bits = f"{number + 1:b}"
    return "0" * (len(bits) - 1) + bits


def se(number: int) -> str:
    return ue(2 * number - 1 if number > 0 else -2 * number)


def pack(bits: str) -> bytes:
    bits = bits.replace(" ", "")
    bits += "1" + "0" * (-(len(bits) + 1) % 8)  # rbsp_trailing_bits
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


FLAT_16 = "1" + se(1) + se(0) * 15  # a list that is written out
FLAT_64 = "1" + se(1) + se(0) * 63
DEFAULT = "1" + se(-8)  # a next scale of 0: the default list
ABSENT = "0"


def h264(profile: int, chroma: str = "", picture_order: str = ue(2), crop_rows: int = 4) -> bytes:
    start = f"{profile:08b}" + "0" * 16 + ue(0) + chroma
    size = ue(39) + ue(22) + "1" + "1" + "1" + ue(0) + ue(0) + ue(0) + ue(crop_rows)
    return b"\x67" + pack(start + ue(0) + picture_order + ue(1) + "0" + size + "0")


def chroma_format(number: int, lists: str, planes: str = "") -> str:
    matrix = "1" + lists if lists else "0"
    return ue(number) + planes + ue(0) + ue(0) + "0" + matrix


@pytest.mark.parametrize(
    "nal",
    [
        pytest.param(h264(66), id="baseline"),
        pytest.param(h264(66, picture_order=ue(0) + ue(4)), id="picture order of type 0"),
        pytest.param(
            h264(77, picture_order=ue(1) + "0" + se(-1) + se(5) + ue(3) + se(1) + se(-2) + se(3)),
            id="picture order of type 1",
        ),
        pytest.param(
            h264(100, chroma_format(1, FLAT_16 + ABSENT + DEFAULT + ABSENT * 3 + FLAT_64 + DEFAULT)),
            id="eight scaling lists",
        ),
        pytest.param(
            h264(244, chroma_format(3, FLAT_16 * 6 + FLAT_64 * 6, planes="0"), crop_rows=8),
            id="twelve scaling lists",
        ),
        pytest.param(h264(244, chroma_format(3, "", planes="1"), crop_rows=8), id="separate planes"),
    ],
)
def test_h264(nal: bytes) -> None:
    assert h264_size(nal) == Size(WIDTH, HEIGHT)


@pytest.mark.parametrize(
    ("chroma", "crop_rows"),
    [
        pytest.param(ue(1), 4, id="4:2:0"),
        pytest.param(ue(2), 8, id="4:2:2"),
        pytest.param(ue(3) + "0", 8, id="4:4:4"),
        pytest.param(ue(3) + "1", 8, id="separate planes"),
    ],
)
def test_hevc(chroma: str, crop_rows: int) -> None:
    start = "0000" + "000" + "1" + "0" * 88 + "0" * 8 + ue(0) + chroma
    crop = "1" + ue(0) + ue(0) + ue(0) + ue(crop_rows)
    nal = b"\x42\x01" + pack(start + ue(WIDTH) + ue(HEIGHT + 8) + crop)
    assert hevc_size(nal) == Size(WIDTH, HEIGHT)


AV1_SIZE = "1001" + "1000" + f"{WIDTH - 1:010b}" + f"{HEIGHT - 1:09b}"
AV1_TIMING = "0" * 64
AV1_MODEL = "01001" + "0" * 32 + "0" * 10  # delays of 10 bits
AV1_POINT = "0" * 12


@pytest.mark.parametrize(
    "bits",
    [
        pytest.param("000 1 1 00000", id="reduced"),
        pytest.param("000 0 0 0 0 00000" + AV1_POINT + "00111", id="one operating point"),
        pytest.param("000 0 0 0 0 00000" + AV1_POINT + "01000 1", id="a high level with its tier"),
        pytest.param("000 0 0 1" + AV1_TIMING + "1" + ue(3) + "0 0 00000" + AV1_POINT + "00111", id="timing"),
        pytest.param(
            "000 0 0 1" + AV1_TIMING + "0 1" + AV1_MODEL + "1 00001"
            + AV1_POINT + "00111 1" + "0" * 21 + "1 0101"
            + AV1_POINT + "00111 0" + "0",
            id="decoder model, display delay, two operating points",
        ),
    ],
)  # fmt: skip
def test_av1(bits: str) -> None:
    assert av1_size(pack(bits + AV1_SIZE)) == Size(WIDTH, HEIGHT)


@pytest.mark.parametrize(
    "crop_rows", [pytest.param(184, id="no rows left"), pytest.param(2**30, id="far more than there are")]
)
def test_a_picture_without_pixels_is_an_error(crop_rows: int) -> None:
    with pytest.raises(ValueError, match="pixels"):
        h264_size(h264(66, crop_rows=crop_rows))
