"""The QR code of a bundle."""

from xml.etree import ElementTree

from cloud.broker import qr_code

TEXT = "SIAGA1:" + "A1B2C3D4" * 150


def test_a_drawing_is_a_page_element_that_takes_its_width_and_needs_nothing_from_elsewhere():
    drawing = ElementTree.fromstring(qr_code.as_svg(TEXT))
    assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
    assert "viewBox" in drawing.attrib
    assert "width" not in drawing.attrib


def test_a_picture_and_what_a_terminal_has_room_for():
    assert qr_code.as_png(TEXT).startswith(b"\x89PNG")
    assert "widen it, or give --png FILE" in qr_code.for_terminal(TEXT, 40)
    assert "▄" in qr_code.for_terminal(TEXT, 400)
