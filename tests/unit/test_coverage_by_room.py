from tests.coverage_by_room import Coverings, by_room, room_of, table


def summary(statements: int, branches: int, lines_run: int, branches_run: int) -> dict[str, dict[str, int]]:
    return {
        "summary": {
            "num_statements": statements,
            "num_branches": branches,
            "covered_lines": lines_run,
            "covered_branches": branches_run,
        }
    }


def test_a_file_belongs_to_the_room_that_a_reader_would_name():
    files = ["cloud/alarms/rows.py", "cloud/platform.py", "edge/spool/file.py", "wire/ack.py"]
    assert [room_of(file) for file in files] == ["alarms", "platform", "edge", "wire"]


def test_files_are_summed_up_by_room_and_rooms_of_no_statement_are_left_out():
    rooms = by_room({
        "cloud/alarms/a.py": summary(10, 4, 9, 2),
        "cloud/alarms/b.py": summary(5, 1, 5, 1),
        "cloud/__init__.py": summary(0, 0, 0, 0),
        "wire/ack.py": summary(20, 0, 20, 0),
    })  # fmt: skip
    assert rooms == {"alarms": Coverings(15, 5, 17), "wire": Coverings(20, 0, 20)}
    assert rooms["alarms"].percent == 85.0


def test_the_table_has_a_line_for_each_room_and_one_for_all():
    lines = list(table({"alarms": Coverings(1_500, 500, 1_700), "wire": Coverings(20, 0, 20)}))
    assert lines[1:] == [
        "alarms                  1,500        500      85.0 %",
        "wire                       20          0     100.0 %",
        "all                     1,520        500      85.1 %",
    ]
