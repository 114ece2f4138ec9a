"""A photo as somebody sent it, made into pictures of ours: upright, small, and with nothing in them but what is seen.

JPEG, PNG or WebP ─► is it one, and not too large? ─► scaled down ─► JPEG for a page, JPEG for a list

What a phone writes into its photos (where, when, by whom: EXIF, XMP, IPTC, comments, a smaller copy) is never copied,
since the pixels alone are; nor is what a photo may carry behind its end.
"""

import io
import warnings

import msgspec
from PIL import Image, ImageOps

from i18n.message import LocalizedMessage

FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
"""What is read; all else that Pillow could decode is never tried."""
LARGEST_SIDE, SMALL_SIDE = 1_600, 320
"""Pixels: what a desk shows at once, and what stands in a row of a list."""
MOST_BYTES = 400_000
MOST_PIXELS = 24_000_000
"""Of a photo that must be decoded as a whole, at 4 bytes each at most: 96 MB."""
MOST_PIXELS_SCALED = 64_000_000
"""Of one that is scaled down while it is decoded, as a JPEG that is not progressive: a phone's 50 megapixels."""
_QUALITIES = (82, 70, 55, 40)
_WHITE = (255, 255, 255)


class PhotoImages(msgspec.Struct, frozen=True):
    """The pictures of a photo as JPEG, the large one of `width` by `height` pixels."""

    image: bytes
    small: bytes
    width: int
    height: int


class PhotoUnreadable(Exception):
    """What was sent is no photo that can be kept; `sentence` says why."""

    def __init__(self, sentence: LocalizedMessage) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def too_much() -> PhotoUnreadable:
    """The refusal of a photo that would take more memory or time than one may."""
    return PhotoUnreadable(
        LocalizedMessage("the photo takes too much to decode; send a smaller one, or a picture of it")
    )


def photo_images(content: bytes) -> PhotoImages:
    """Make the pictures of a photo; PhotoUnreadable where it cannot be decoded, or is too large to be."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Pillow about sizes, which are checked here, and odd metadata
            return _images(content)
    except PhotoUnreadable:
        raise
    except (Image.DecompressionBombError, MemoryError):
        raise too_much() from None
    except Exception:  # a decoder raises anything for bytes that somebody made to break it
        raise PhotoUnreadable(
            LocalizedMessage("the photo cannot be read; send a JPEG, PNG or WebP that a browser shows")
        ) from None


def _images(content: bytes) -> PhotoImages:
    with Image.open(io.BytesIO(content), formats=tuple(FORMATS)) as sent:
        _must_be_decodable(sent)
        sent.draft("RGB", (LARGEST_SIDE, LARGEST_SIDE))
        sent.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
        seen = _pixels_of(ImageOps.exif_transpose(sent))
    small = seen.copy()
    small.thumbnail((SMALL_SIDE, SMALL_SIDE))
    image, width, height = _jpeg_of(seen)
    return PhotoImages(image, _jpeg_of(small)[0], width, height)


def _must_be_decodable(sent: Image.Image) -> None:
    """Refuse by the size that the head tells, before a pixel is decoded: a few kilobytes may claim gigabytes."""
    is_scaled = sent.format == "JPEG" and not sent.info.get("progressive")
    most = MOST_PIXELS_SCALED if is_scaled else MOST_PIXELS
    if sent.width * sent.height > most:
        raise PhotoUnreadable(
            LocalizedMessage(
                "the photo has {width} by {height} pixels; send one of at most {n} megapixels",
                width=sent.width, height=sent.height, n=most // 1_000_000,
            )
        )  # fmt: skip


def _pixels_of(image: Image.Image) -> Image.Image:
    """The pixels alone, on white where they are transparent."""
    pixels = Image.new("RGB", image.size, _WHITE)
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        pixels.paste(layer, mask=layer)
    else:
        pixels.paste(image.convert("RGB"))
    return pixels


def _jpeg_of(image: Image.Image) -> tuple[bytes, int, int]:
    """Write a picture as well as `MOST_BYTES` have room for, half as wide where they have none; with its size."""
    for quality in _QUALITIES:
        file = io.BytesIO()
        image.save(file, "JPEG", quality=quality, optimize=True)
        written = file.getvalue()
        if len(written) <= MOST_BYTES:
            return written, image.width, image.height
    return _jpeg_of(image.reduce(2))
