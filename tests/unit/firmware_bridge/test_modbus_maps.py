"""Register maps: those that come with Siaga, those of edge.toml, their mistakes, and what registers become."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from edge.sources.configured import mistakes_in
from firmware_bridge import SERIAL_FAMILIES, OptionError
from firmware_bridge.catalog import find
from firmware_bridge.family import QUANTITIES_KNOWN
from firmware_bridge.modbus import ready_maps
from firmware_bridge.modbus.map_keys import OF_A_FIELD, OF_A_MAP
from firmware_bridge.modbus.pdu import Span, build_refusal
from firmware_bridge.modbus.register_map import parse_map
from firmware_bridge.modbus.slave import ModbusSlave, Placing
from firmware_bridge.modbus.values import TYPES, value_of, words_of
from tests.unit.firmware_bridge.test_modbus import decoder, frame, only, reply, samples_of
from wire import BUILT_IN, Quantity, QuantityTable


def slave(*registers: dict[str, Any], known: QuantityTable = BUILT_IN, placing: Placing | None = None, **of_map: Any):
    map_ = parse_map("map", {"first_register": 0, "registers": list(registers), **of_map}, known)
    return ModbusSlave(1, map_, placing or Placing(), channel="", memory={})


def read(made: ModbusSlave, first: int, *values: int, function: int = 3) -> dict[str, float]:
    samples, _ = made.read(Span(function, first, len(values)), values)
    return {sample.quantity: sample.value for sample in samples}


def notes(made: ModbusSlave, first: int, *values: int) -> str:
    return "; ".join(made.read(Span(3, first, len(values)), values)[1])


@pytest.mark.parametrize("name", ready_maps.maps())
def test_each_map_that_is_shipped_has_a_model_and_no_mistake(name: str):
    models = [model for model, file in ready_maps.MODELS.items() if file == name]
    assert models
    table = ready_maps.table_of(models[0])
    map_ = parse_map(name, table, BUILT_IN, is_shipped=True)
    assert map_.fields
    assert map_.unknown == ()
    assert map_.baud in (4_800, 9_600, 115_200)
    assert table["source"]
    asks = 2 if name == "solar_charge_controller" else 1
    assert len(map_.spans) == asks, "all of it comes in one request where the registers between have a meaning"


@pytest.mark.parametrize("model", ready_maps.MODELS)
def test_a_model_is_enough(model: str):
    found = find(model)
    assert found is not None
    assert found.entry.name == "modbus"
    assert found.entry.decoder(found.options, {}).poll(0.0).send[1] in (3, 4)


def test_the_submersible_probe_says_its_unit_and_its_decimals():
    for unit, decimals, raw, level_cm in (
        (17, 1, 1500, 150.0),
        (18, 0, 1500, 150.0),
        (16, 3, 1500, 150.0),
        (17, 0, -3 & 0xFFFF, -3),
    ):
        assert samples_of(decoder("QDY30A").feed(reply(1, unit, decimals, raw))) == {"water_level": level_cm}
    assert samples_of(decoder("qdy30a", offset_cm=-20).feed(reply(1, 17, 1, 1500))) == {"water_level": 130.0}


def test_a_unit_that_documents_disagree_on_is_no_reading_until_somebody_says_it():
    found = only(decoder("QDY30A").feed(reply(1, 1, 1, 1500)))
    assert found.samples == ()
    assert found.note == (
        "slave 1 (qdy30a): water_level is in a unit with the code 1, which documents disagree on; look at its "
        "label, and write unit"
    )
    assert samples_of(decoder("QDY30A", unit="mm").feed(reply(1, 1, 1, 1500))) == {"water_level": 15.0}
    assert samples_of(decoder("QDY30A", unit="cm", decimals=0).feed(reply(1, 1, 9, 1500))) == {"water_level": 1500.0}
    assert "has 4000 decimals" in only(decoder("QDY30A").feed(reply(1, 17, 4000, 1500))).note


def test_a_radar_that_has_no_echo_yet_makes_no_flood_of_it():
    found = only(decoder("SEN0676").feed(reply(1, 0, 0, 4500, 0, 450)))
    assert found.samples == ()
    assert "distance has no value (0)" in found.note
    assert "water_level means nothing while register 0x0001 is 0" in found.note


def test_a_radar_whose_height_nobody_has_set_gives_its_distance_alone():
    found = only(decoder("SEN0676").feed(reply(1, 1350, 0, 0xFABA, 0, 0)))
    assert samples_of([found]) == {"distance": 135.0}
    assert "water_level means nothing while register 0x0005 is 0" in found.note
    hung = decoder("SEN0676", mounting_height_cm=450.0)
    assert samples_of(hung.feed(reply(1, 1350, 0, 0xFABA, 0, 0))) == {"distance": 135.0, "water_level": 315.0}


def test_a_weather_station_gives_what_is_built_in():
    registers = [123, 1, 2, 92, 780, -15 & 0xFFFF, 0, 415, 0, 1010, 0, 12_000, 120, 7]
    found = only(decoder("RS-FSXCS-N01").feed(reply(1, *registers)))
    assert samples_of([found]) == {
        "wind_speed": 1.23, "wind_direction": 92.0, "humidity": 78.0, "temperature": -1.5, "pressure": 1010.0,
        "illuminance": 12_000.0,
    }  # fmt: skip
    assert "pm2_5 means nothing while register 0x01FC is 0" in found.note  # 415 is CO2
    assert "rainfall: first count" in found.note


def test_wind_of_the_two_stations_differs_by_ten():
    registers = [123, 1, 2, 92, 780, 281, 0, 0, 0, 1010, 0, 12_000, 120, 7]
    assert samples_of(decoder("SEN0657").feed(reply(1, *registers)))["wind_speed"] == 12.3


def test_only_what_is_wanted_is_given():
    registers = [123, 1, 2, 92, 780, 281, 650, 0, 0, 1010, 0, 12_000, 120, 7]
    found = only(decoder("RS-FSXCS", only=["wind_speed", "noise"]).feed(reply(1, *registers)))
    assert (samples_of([found]), found.note) == ({"wind_speed": 1.23, "noise": 65.0}, "")


def test_temperature_and_humidity_of_the_vendors_own_example():
    heard = decoder("XY-MD02")
    assert samples_of(heard.feed(bytes.fromhex("010400010001600a 01040201317974"))) == {"temperature": 30.5}
    assert samples_of(decoder("RS-WS-N01").feed(reply(1, 658, -101 & 0xFFFF))) == {
        "humidity": 65.8,
        "temperature": -10.1,
    }


def test_a_charge_controller_is_asked_twice_and_never_for_registers_that_no_document_names():
    asked = decoder("Tracer-AN")
    assert asked.poll(0.0).send == bytes.fromhex("0104310000053ef5")
    sun = asked.feed(reply(1, 1853, 212, 3928, 0, 1312, function=4))
    assert samples_of(sun) == {"solar_voltage": 18.53, "battery_voltage": 13.12}
    asked.poll(1.0)  # the pause between two requests
    assert asked.poll(2.0).send == bytes.fromhex("0104311a00011ef1")
    assert samples_of(asked.feed(reply(1, 67, function=4))) == {"battery": 67.0}


def test_at_night_a_charge_controllers_panels_have_no_voltage_and_that_is_a_reading():
    night = samples_of(decoder("LS-B").feed(reply(1, 0, 0, 0, 0, 1240, function=4)))
    assert night == {"solar_voltage": 0.0, "battery_voltage": 12.4}


def test_a_charge_controller_that_gives_no_charge_still_gives_its_voltages():
    asked = decoder("tracer-b")
    asked.poll(0.0)
    assert samples_of(asked.feed(reply(1, 1853, 212, 3928, 0, 1312, function=4)))["battery_voltage"] == 13.12
    asked.poll(1.0)
    asked.poll(2.0)
    asked.feed(frame(1, build_refusal(4, 2)))
    assert "slave 1 (tracer-b) refuses input register 0x311A" in asked.poll(3.0).trouble


def test_rain_is_what_was_added_to_the_total_and_the_total_outlives_a_restart():
    first = decoder("SEN0575")
    assert samples_of(first.feed(reply(192, 0x5678, 0x0001, function=4))) == {}
    assert samples_of(first.feed(reply(192, 0x5678 + 2_794, 0x0001, function=4))) == {"rainfall": 0.2794}
    assert first.memory() == {"192/4/8": 0x15678 + 2_794}
    found = find("SEN0575")
    second = found.entry.decoder(found.options, first.memory())
    assert samples_of(second.feed(reply(192, 0x5678 + 5_588, 0x0001, function=4))) == {"rainfall": 0.2794}
    fallen = only(second.feed(reply(192, 0, 0, function=4)))
    assert (fallen.samples, "counter fell" in fallen.note) == ((), True)


@pytest.mark.parametrize(
    ("words", "type_", "orders", "value"),
    [
        ((0xFFF6,), "int16", {}, -10),
        ((0xFFF6,), "uint16", {}, 65_526),
        ((0x00F6,), "uint16", {"byte_order": "little"}, 0xF600),
        ((1, 0x86A0), "uint32", {}, 100_000),
        ((0x86A0, 1), "uint32", {"word_order": "little"}, 100_000),
        ((0xFFFF, 0xFFFE), "int32", {}, -2),
        ((0x41C8, 0), "float32", {}, 25.0),
        ((0, 0x41C8), "float32", {"word_order": "little"}, 25.0),
        ((0xC841, 0), "float32", {"byte_order": "little"}, 25.0),
        ((0, 0xC841), "float32", {"word_order": "little", "byte_order": "little"}, 25.0),
        ((0xFFFF,) * 3 + (0xFFFD,), "int64", {}, -3),
        ((0, 0, 1, 0), "uint64", {}, 65_536),
        ((0x4039, 0, 0, 0), "float64", {}, 25.0),
        ((0b1000,), "bit", {"bit": 3}, 1),
        ((0b0111,), "bit", {"bit": 3}, 0),
    ],
)
def test_registers_become_numbers_and_back(words: tuple[int, ...], type_: str, orders: dict[str, Any], value: float):
    assert value_of(words, type_, **orders) == value
    if type_ != "bit":
        assert tuple(words_of(value, type_, **orders)) == words


@pytest.mark.parametrize("type_", [name for name in TYPES if name != "bit"])
def test_a_number_beyond_a_type_is_held_at_its_end(type_: str):
    if not type_.startswith("float"):
        assert value_of(words_of(1e30, type_), type_) > 0
        assert value_of(words_of(-1e30, type_), type_) <= 0


def test_scale_offset_and_unit_make_the_value_of_the_quantity():
    made = slave(
        {"address": 7, "quantity": "temperature", "unit": "degF", "scale": 0.1, "offset": -40, "type": "int16"}
    )
    assert read(made, 7, 1_220) == {"temperature": 27.77777778}


@pytest.mark.parametrize(
    ("registers", "raw"),
    [({"type": "float32"}, (0x7FC0, 0)), ({"type": "float32"}, (0x7F80, 0)), ({"sentinels": [0x7FFF]}, (0x7FFF,)),
     ({"type": "int16", "sentinels": [0xFFFF]}, (0xFFFF,)), ({"type": "int16", "sentinels": [-1]}, (0xFFFF,))],
)  # fmt: skip
def test_what_means_none_is_no_reading(registers: dict[str, Any], raw: tuple[int, ...]):
    made = slave({"address": 0, "quantity": "water_level", **registers})
    assert read(made, 0, *raw) == {}
    assert "water_level has no value" in notes(made, 0, *raw)


def test_a_value_that_is_none_costs_nothing_beside_it():
    made = slave(
        {"address": 0, "quantity": "temperature", "sentinels": [32_767]}, {"address": 1, "quantity": "humidity"}
    )
    assert read(made, 0, 32_767, 80) == {"humidity": 80.0}


def test_bits_and_input_registers_are_asked_by_their_functions():
    made = slave(
        {"address": 3, "quantity": "occupancy", "function": 2},
        {"address": 3, "quantity": "temperature", "function": 4},
        {"address": 9, "quantity": "humidity", "type": "bit", "bit": 2},
    )
    assert {str(span) for span in made.map.spans} == {
        "discrete input 0x0003", "input register 0x0003", "holding register 0x0009",
    }  # fmt: skip
    assert read(made, 3, 1, function=2) == {"occupancy": 1.0}
    assert read(made, 9, 0b100) == {"humidity": 1.0}


@pytest.mark.parametrize(("first", "address"), [(0, 4), (1, 5), (40_001, 40_005)])
def test_a_map_says_how_its_document_counts(first: int, address: int):
    made = slave({"address": address, "quantity": "water_level"}, first_register=first)
    assert made.map.spans == (Span(3, 4, 1),)


def test_registers_near_each_other_come_in_one_request_and_none_is_too_long():
    fields = [{"address": address, "quantity": "water_level"} for address in (0, 9, 30, 139, 141)]
    assert slave(*fields).map.spans == (Span(3, 0, 10), Span(3, 30, 1), Span(3, 139, 3))
    assert slave(*fields, gap=0).map.spans == tuple(Span(3, at, 1) for at in (0, 9, 30, 139, 141))
    assert slave(*fields, gap=100).map.spans == (Span(3, 0, 31), Span(3, 139, 3))


LEAF = Quantity("leaf_wetness", "air", "%", 0, 0.0, 100.0, "Leaf wetness", "Kebasahan daun")


def test_a_quantity_of_the_city_is_one_where_the_gateway_knows_it():
    row = {"address": 0, "quantity": "leaf_wetness", "unit": "1"}
    table = {"first_register": 0, "registers": [row, {"address": 1, "quantity": "humidity"}]}
    with pytest.raises(OptionError, match=r"map.registers\[0\].quantity: 'leaf_wetness' is no quantity"):
        parse_map("map", table, BUILT_IN)
    assert read(slave(row, known=QuantityTable((), (LEAF,))), 0, 1) == {"leaf_wetness": 100.0}
    shipped = ModbusSlave(1, parse_map("m", table, BUILT_IN, is_shipped=True), Placing(), channel="", memory={})
    assert read(shipped, 0, 1, 80) == {"humidity": 80.0}
    assert "leaf_wetness is left out: add a quantity leaf_wetness to the city's" in notes(shipped, 0, 1, 80)


ROW = {"address": 0, "quantity": "water_level"}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"map": {"registers": [ROW]}}, "map.first_register: is missing; add it: what the document calls"),
        ({"map": {"first_register": 1, "registers": [ROW]}}, "map.registers[0].address: 0 is no register of a"),
        ({"map": {"first_register": 0, "registers": []}}, "map.registers: write 1 to 200 tables"),
        ({"map": {"first_register": 0, "registers": [3]}}, "map.registers[0]: write a table"),
        ({"map": {"first_register": 0, "registers": [{**ROW, "type": "u24"}]}}, "map.registers[0].type: 'u24': write"),
        ({"map": {"first_register": 0, "registers": [{**ROW, "unit": "hPa"}]}}, "map.registers[0].unit: 'hPa'"),
        ({"map": {"first_register": 0, "registers": [{**ROW, "adress": 3}]}}, "adress: unknown key"),
        ({"map": {"first_register": 0, "registers": [{**ROW, "sentinels": ["x"]}]}}, "sentinels: 'x': write a number"),
        ({"map": {"first_register": 0, "registers": [{**ROW, "units": {"x": "m"}}]}}, "units: 'x': write a whole"),
        ({"map": {"first_register": 0, "registers": [{**ROW, "valid_if": [-1]}]}}, "valid_if: -1 is no register"),
        ({"devices": {"1": "sen0677"}}, "devices.1.model: 'sen0677': write one of: qdy30a"),
        ({"devices": {"1": {"model": "sen0676", "mounting_hight_cm": 3}}}, "mounting_hight_cm: unknown key of"),
        ({"devices": {"1": {}}}, "devices.1: write a model or a map, one of the two"),
        ({"devices": {"300": "sen0676"}}, "devices: '300' is no address of a slave"),
        ({"devices": {"1": "sen0676"}, "channels": {"2": "a"}}, "channels: '2' has no device; add it to devices"),
        ({"devices": {"1": "sen0676"}, "channels": {"x": "a"}}, "channels: 'x' is no channel; write the address"),
        ({"devices": {"1": "sen0676", "2": "sen0676"}}, "devices: 1 and 2 both give distance; name the"),
        ({"devices": {str(at): "sen0676" for at in range(1, 40)}}, "devices: write 32 at most on one line"),
        ({"model": "sen0676", "only": ["rainfall"]}, "only: 'rainfall' is no quantity; known: "),
        ({"model": "qdy30a", "unit": "hPa"}, "unit: 'hPa' is no unit of water_level"),
        ({"model": "sen0676", "set": {"a": 1}}, "set: 'a' = 1: write \"0x0005\" = 350"),
        ({"model": "sen0676", "set": {"5": 70_000}}, "set: '5' = 70000: write"),
        ({"model": "sen0676", "mounting_height_cm": 4.5}, "mounting_height_cm: 4.5: is not between"),
    ],
)  # fmt: skip
def test_a_mistake_names_its_place_and_the_next_step(options: dict[str, Any], sentence: str):
    with pytest.raises(OptionError) as raised:
        decoder(**options)
    assert sentence in str(raised.value.problem)


def test_a_gateway_needs_a_device_and_a_capture_does_not():
    assert decoder().poll(0.0).send == b""
    with pytest.raises(OptionError, match="model: is missing; write a model, a map, or devices"):
        SERIAL_FAMILIES["modbus"].decoder({QUANTITIES_KNOWN: BUILT_IN}, {})


def test_a_float_that_nothing_measures_says_that_its_registers_are_others():
    made = slave({"address": 0, "quantity": "temperature", "type": "float32"})
    assert read(made, 0, 0, 0x41DE) == {}
    assert "look at its address and at word_order" in notes(made, 0, 0, 0x41DE)
    assert read(made, 0, 0, 0) == {"temperature": 0.0}


def test_a_model_is_found_however_it_is_written():
    assert samples_of(decoder(model="PR3000 FSJT").feed(reply(1, 86))) == {"wind_speed": 8.6}
    assert samples_of(decoder(devices={"1": "Rs_Fsjt-N01"}).feed(reply(1, 86))) == {"wind_speed": 8.6}


PAGE = (Path(__file__).parents[3] / "docs" / "modbus.md").read_text(encoding="utf-8")


def test_the_configurations_of_the_page_have_no_mistake():
    one, bus, solar, own = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    for text in (one, solar, bus.replace("channels = {", 'channels = { "3" = "tank-1",') + own):
        for source in tomllib.loads(text)["sources"]:
            assert list(mistakes_in(source, BUILT_IN)) == []


def test_the_page_has_every_key_of_a_map():
    for option in (*OF_A_MAP, *OF_A_FIELD):
        assert option.name in {"title", "source"} or re.search(rf"\b{option.name}\b", PAGE), option.name


def test_a_total_that_is_a_float_keeps_its_decimals():
    made = slave({"address": 0, "quantity": "rainfall", "type": "float32", "unit": "mm", "total": True})
    for total, added in ((12.25, None), (12.75, 0.5), (12.75, 0.0)):
        assert read(made, 0, *words_of(total, "float32")) == ({} if added is None else {"rainfall": added})


def test_totals_of_two_functions_at_one_register_are_two():
    rain = {"address": 0, "quantity": "rainfall", "total": True}
    made = slave({**rain, "function": 3}, {**rain, "quantity": "people_in", "function": 4})
    read(made, 0, 5)
    read(made, 0, 9, function=4)
    assert made.memory() == {"1/3/0": 5, "1/4/0": 9}


def test_a_probe_in_metres_with_three_decimals_keeps_each_millimetre():
    heard = decoder("qdy30a")
    assert [samples_of(heard.feed(reply(1, 16, 3, raw)))["water_level"] for raw in (1_234, 1)] == [123.4, 0.1]
