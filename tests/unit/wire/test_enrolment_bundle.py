"""The text that a new gateway is handed: what is in it, how long it is, and what is said of a damaged one."""

import pytest

from wire.enrolment_bundle import BundleDamage, DamagedBundle, EnrolmentBundle, decode_bundle, encode_bundle
from wire.gateway_config import ExpectedSensor

BUNDLE = EnrolmentBundle(
    "gw-daruba", ("broker.example.org:8883",), "gw-daruba.0", bytes(range(24)), "gw-daruba", expires_day=20_800,
    ca=bytes(range(200)), sensors=(ExpectedSensor("river-daruba-1", "daruba", ("water_level",), 450.0, 10.0),),
)  # fmt: skip
SMALL = EnrolmentBundle("gw-daruba", ("broker.example.org:8883",), "gw-daruba.0", bytes(range(24)), "gw-daruba")
GOLDEN = (
    "SIAGA1:ABJAYBKXDI5BE225TC7DFPK4G4S3DKBUFFYWDYWE5VEUL6OZVFCXVKIVRG4QKONJPL4UL2KWCYLBNRQLJNL4HFPJDEWCY"
    "PRCYHAMRRGMYLFMNTWBZHC43Q6LY4XSAKBEFQRCUJV6GADWCIAA"
)


def damage(text: str) -> DamagedBundle:
    with pytest.raises(DamagedBundle) as caught:
        decode_bundle(text)
    return caught.value


def test_a_bundle_of_today_is_read_for_ever():
    assert decode_bundle(GOLDEN) == SMALL


@pytest.mark.parametrize("bundle", [BUNDLE, SMALL])
def test_a_bundle_is_read_as_it_was_written(bundle: EnrolmentBundle):
    assert decode_bundle(encode_bundle(bundle)) == bundle


def test_the_text_is_capitals_and_digits_which_a_qr_code_holds_best():
    assert set(encode_bundle(BUNDLE)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:")
    assert len(encode_bundle(SMALL)) < 200


def test_spaces_line_ends_hyphens_and_small_letters_do_no_harm():
    text = encode_bundle(BUNDLE).lower()
    folded = "\ufeff  " + "\r\n \t".join(text[at : at + 20] for at in range(0, len(text), 20)) + "\n\n"
    assert decode_bundle(folded) == BUNDLE
    assert decode_bundle("-".join(text[at : at + 4] for at in range(0, len(text), 4))) == BUNDLE


def test_zero_and_one_are_the_letters_that_they_look_like():
    text = encode_bundle(BUNDLE)
    assert decode_bundle(text[:7] + text[7:].replace("O", "0").replace("I", "1")) == BUNDLE


def test_each_bundle_that_was_cut_off_is_said_to_be():
    text = encode_bundle(SMALL)
    for length in range(7, len(text)):
        assert damage(text[:length]).damage is BundleDamage.CUT_OFF, length


def test_each_letter_that_is_another_is_noticed():
    text = encode_bundle(SMALL)
    for place in range(7, len(text)):
        other = "B" if text[place] != "B" else "C"
        try:
            decode_bundle(text[:place] + other + text[place + 1 :])
        except DamagedBundle:
            continue
        # the last letter has bits that stand for nothing
        assert place == len(text) - 1


def test_what_no_bundle_has_is_named_with_its_place():
    text = encode_bundle(SMALL)
    found = damage(text[:20] + "9" + text[21:])
    assert (found.damage, found.place, found.character) == (BundleDamage.MISTYPED, 21, "9")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", BundleDamage.NO_BUNDLE),
        ("[uplink]\nhost = 1", BundleDamage.NO_BUNDLE),
        ("SIAGA1:" + "A" * 70_000, BundleDamage.NO_BUNDLE),
        ("SIAGA2:AAAA", BundleDamage.NEWER),
        (encode_bundle(SMALL) * 2, BundleDamage.MISTYPED),  # the second one's colon
        (encode_bundle(SMALL) + "ABCDEFGH", BundleDamage.TOO_MUCH),
    ],
)
def test_what_is_no_bundle_is_told_from_what_is_a_damaged_one(text: str, what: BundleDamage):
    assert damage(text).damage is what


@pytest.mark.parametrize(
    "wrong",
    [
        EnrolmentBundle("Gw", ("b:1",), "Gw", bytes(24), "Gw"),
        EnrolmentBundle("gw", ("b:1",), "gw-other.0", bytes(24), "gw"),
        EnrolmentBundle("gw", ("b:1",), "gw.0", bytes(24), "siaga-admin"),
        EnrolmentBundle("gw", ('b"\n',), "gw.0", bytes(24), "gw"),
        EnrolmentBundle("gw", (), "gw.0", bytes(24), "gw"),
        EnrolmentBundle("gw", ("b:1",), "gw.0", b"short", "gw"),
    ],
)
def test_what_could_not_be_used_is_refused_though_its_checksum_fits(wrong: EnrolmentBundle):
    assert damage(encode_bundle(wrong)).damage is BundleDamage.UNUSABLE


def test_a_body_that_would_inflate_beyond_measure_costs_nothing():
    import base64
    import hashlib
    import zlib

    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = deflater.compress(bytes(30_000_000)) + deflater.flush()
    whole = len(body).to_bytes(2) + hashlib.sha256(body).digest()[:6] + body
    text = "SIAGA1:" + base64.b32encode(whole).decode().rstrip("=")
    assert damage(text).damage is BundleDamage.UNUSABLE
