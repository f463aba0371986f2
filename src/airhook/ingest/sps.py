"""The picture's size from a codec's sequence header.

Sources: H.264 7.3.2.1.1 and 7.4.2.1.1 (ITU-T H.264), HEVC 7.3.2.2 and 7.4.3.2.1 (ITU-T H.265), AV1 5.5 (AV1
Bitstream & Decoding Process Specification). Only what stands before the size is read.
"""

from typing import NamedTuple

MAX_HEADER_BYTES = 1024  # read of a header; sizes stand near its start
MAX_SIDE = 65_535  # pixels

_H264_CHROMA_PROFILES = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244})
_YUV_400, _YUV_420, _YUV_422, _YUV_444 = range(4)  # chroma_format_idc


class Size(NamedTuple):
    width: int
    height: int


class Bits:
    """Reads a header bit by bit. Past its end, or on an impossible number, it raises ``ValueError``."""

    def __init__(self, data: bytes) -> None:
        data = data[:MAX_HEADER_BYTES]
        self._value = int.from_bytes(data, "big")
        self._left = len(data) * 8

    def read(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise ValueError("the header ends early")
        return self._value >> self._left & ((1 << count) - 1)

    def skip(self, count: int) -> None:
        self.read(count)

    def flag(self) -> bool:
        return self.read(1) == 1

    def ue(self) -> int:
        """An unsigned Exp-Golomb number, which is AV1's uvlc too."""
        zeros = 0
        while not self.flag():
            zeros += 1
        return (1 << zeros) - 1 + self.read(zeros)

    def se(self) -> int:
        number = self.ue()
        return (number + 1) // 2 if number % 2 else -(number // 2)


def h264_size(nal: bytes) -> Size:
    """From a sequence parameter set with its NAL header. Raises ``ValueError``."""
    bits = Bits(_unescape(nal[1:]))
    profile = bits.read(8)
    bits.skip(16)  # constraints, level
    bits.ue()  # id
    chroma = _YUV_420
    if profile in _H264_CHROMA_PROFILES:
        chroma = _h264_chroma(bits)
    bits.ue()  # bits of the frame number
    _h264_skip_picture_order(bits)
    bits.ue()  # reference frames
    bits.skip(1)
    width = (bits.ue() + 1) * 16
    rows = bits.ue() + 1
    frames_only = bits.flag()
    if not frames_only:
        rows *= 2
        bits.skip(1)
    bits.skip(1)
    unit_x, unit_y = _crop_units(chroma)
    return _cropped(bits, width, rows * 16, unit_x, unit_y if frames_only else unit_y * 2)


def _h264_chroma(bits: Bits) -> int:
    chroma = bits.ue()
    if chroma == _YUV_444:
        bits.skip(1)  # separate planes, which are cropped no differently
    bits.ue()  # bit depths
    bits.ue()
    bits.skip(1)
    if bits.flag():
        for index in range(12 if chroma == _YUV_444 else 8):
            if bits.flag():
                _h264_skip_scaling_list(bits, 16 if index < 6 else 64)
    return chroma


def _h264_skip_scaling_list(bits: Bits, entries: int) -> None:
    scale = 8
    for _ in range(entries):
        scale = (scale + bits.se()) % 256
        if scale == 0:
            return


def _h264_skip_picture_order(bits: Bits) -> None:
    kind = bits.ue()
    if kind == 0:
        bits.ue()
    elif kind == 1:
        bits.skip(1)
        bits.se()
        bits.se()
        for _ in range(min(bits.ue(), 255)):
            bits.se()


def hevc_size(nal: bytes) -> Size:
    """From a sequence parameter set with its NAL header. Raises ``ValueError``."""
    bits = Bits(_unescape(nal[2:]))
    bits.skip(4)
    sub_layers = bits.read(3)
    bits.skip(1)
    _hevc_skip_profile(bits, sub_layers)
    bits.ue()  # id
    chroma = bits.ue()
    if chroma == _YUV_444:
        bits.skip(1)
    width, height = bits.ue(), bits.ue()
    return _cropped(bits, width, height, *_crop_units(chroma))


def _hevc_skip_profile(bits: Bits, sub_layers: int) -> None:
    bits.skip(88 + 8)  # profile, level
    present = [(bits.flag(), bits.flag()) for _ in range(sub_layers)]
    if sub_layers:
        bits.skip(2 * (8 - sub_layers))
    for profile, level in present:
        bits.skip(88 * profile + 8 * level)


def av1_size(obu: bytes) -> Size:
    """From the payload of a sequence header OBU. Raises ``ValueError``."""
    bits = Bits(obu)
    bits.skip(4)  # profile, still picture
    if bits.flag():  # reduced header
        bits.skip(5)
    else:
        _av1_skip_operating_points(bits)
    width_bits, height_bits = bits.read(4) + 1, bits.read(4) + 1
    return _checked(bits.read(width_bits) + 1, bits.read(height_bits) + 1)


def _av1_skip_operating_points(bits: Bits) -> None:
    delay_bits = 0
    if bits.flag():  # timing
        bits.skip(64)
        if bits.flag():
            bits.ue()
        if bits.flag():  # decoder model
            delay_bits = bits.read(5) + 1
            bits.skip(32 + 5 + 5)
    display_delay = bits.flag()
    for _ in range(bits.read(5) + 1):
        bits.skip(12)
        if bits.read(5) > 7:  # level
            bits.skip(1)
        if delay_bits and bits.flag():
            bits.skip(2 * delay_bits + 1)
        if display_delay and bits.flag():
            bits.skip(4)


def _unescape(nal: bytes) -> bytes:
    """Without the bytes that keep start codes out of the data."""
    return nal[:MAX_HEADER_BYTES].replace(b"\0\0\3", b"\0\0")


def _crop_units(chroma: int) -> tuple[int, int]:
    """Pixels that one step of cropping takes from width and height."""
    return (2 if chroma in (_YUV_420, _YUV_422) else 1), (2 if chroma == _YUV_420 else 1)


def _cropped(bits: Bits, width: int, height: int, unit_x: int, unit_y: int) -> Size:
    if bits.flag():
        width -= unit_x * (bits.ue() + bits.ue())
        height -= unit_y * (bits.ue() + bits.ue())
    return _checked(width, height)


def _checked(width: int, height: int) -> Size:
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise ValueError(f"a picture of {width} x {height} pixels")
    return Size(width, height)
