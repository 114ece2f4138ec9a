"""Photos as a phone makes them, and as nobody should."""

import io
import struct
import zlib

from PIL import Image

GPS_AREA = b"Daruba, Pulau Morotai"


def jpeg(width: int = 400, height: int = 300, *, upright: int = 1, comment: bytes = b"", tail: bytes = b"") -> bytes:
    """A red photo with a blue upper left corner, turned as EXIF's `upright` says, with where and what it was made."""
    image = Image.new("RGB", (width, height), (200, 30, 30))
    image.paste((20, 20, 200), (0, 0, width // 2, height // 2))
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = upright, "PhoneMaker"
    exif.get_ifd(0x8825)[0x001C] = GPS_AREA.decode()
    file = io.BytesIO()
    image.save(file, "JPEG", exif=exif, comment=comment, quality=90)
    return file.getvalue() + tail


def encoded(image: Image.Image, form: str) -> bytes:
    """An image in a format."""
    file = io.BytesIO()
    image.save(file, form)
    return file.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """A few bytes that claim to be a picture of that size."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
