"""A photo that somebody sent: upright, scaled, without what the phone wrote into it; what is none is refused."""

import io
import os

import pytest
from PIL import Image

from cloud.site_notes.photo_image import LARGEST_SIDE, SMALL_SIDE, PhotoUnreadable, photo_images
from cloud.site_notes.photo_process import decoded
from tests.unit.cloud.site_notes.made_photos import GPS_AREA, encoded, jpeg, png_claiming


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def test_a_photo_loses_where_and_by_what_it_was_made_and_what_hides_behind_its_end():
    sent = jpeg(comment=b"of Siti", tail=b"<script>hidden</script>")
    assert all(secret in sent for secret in (GPS_AREA, b"PhoneMaker", b"of Siti", b"hidden"))
    made = photo_images(sent)
    for picture in (made.image, made.small):
        assert not any(secret in picture for secret in (b"Daruba", b"PhoneMaker", b"of Siti", b"hidden", b"Exif"))
        assert not opened(picture).getexif()
        assert "comment" not in opened(picture).info


def test_a_photo_stands_upright_and_fits():
    made = photo_images(jpeg(2_400, 1_800, upright=6))  # turned by a quarter: its upper left comes to the upper right
    image, small = opened(made.image), opened(made.small)
    assert (made.width, made.height) == image.size == (LARGEST_SIDE * 3 // 4, LARGEST_SIDE)
    assert max(small.size) == SMALL_SIDE
    red, _, blue = image.getpixel((made.width - 50, 50))  # type: ignore[misc]
    assert blue > red


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_what_is_transparent_stands_on_white(form: str):
    image = opened(photo_images(encoded(Image.new("RGBA", (64, 64), (0, 0, 0, 0)), form)).image)
    assert (image.format, image.getpixel((9, 9))) == ("JPEG", (255, 255, 255))


def test_noise_that_no_quality_makes_small_becomes_a_smaller_picture(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("cloud.site_notes.photo_image.MOST_BYTES", 5_000)
    made = photo_images(encoded(Image.frombytes("RGB", (320, 240), os.urandom(320 * 240 * 3)), "PNG"))
    assert len(made.image) <= 5_000
    assert (made.width, made.height) == opened(made.image).size


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "cannot be read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "cannot be read"),
        (encoded(Image.new("RGB", (9, 9)), "GIF"), "cannot be read"),
        (encoded(Image.new("RGB", (9, 9)), "TIFF"), "cannot be read"),
        (jpeg()[:900], "cannot be read"),
        (png_claiming(12_000, 12_000), "12000 by 12000 pixels; send one of at most 24 megapixels"),
        (png_claiming(60_000, 60_000), "takes too much to decode"),
        (png_claiming(4_000, 4_000), "cannot be read"),
    ],
    ids=["nothing", "svg", "gif", "tiff", "cut", "large", "bomb", "lies"],
)
def test_what_is_no_photo_or_too_large_a_one_is_refused_in_a_sentence(content: bytes, words: str):
    with pytest.raises(PhotoUnreadable) as caught:
        photo_images(content)
    assert words in caught.value.sentence


async def test_another_process_decodes_it_and_says_alike_why_not():
    made = await decoded(jpeg())
    assert (made.width, made.height) == (400, 300)
    with pytest.raises(PhotoUnreadable) as caught:
        await decoded(png_claiming(12_000, 12_000))
    assert caught.value.sentence.values == {"width": 12_000, "height": 12_000, "n": 24}
