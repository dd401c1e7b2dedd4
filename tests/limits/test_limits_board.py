"""Board files: read without running them; what is missing, unknown or used twice is named."""

import pytest

from sonofuse.board import BOARDS, BoardError, load_board
from sonofuse.limits import SHIPPED, LimitsError, compile_limits, load

TEXT = (BOARDS / "rev_a.py").read_text(encoding="utf-8")


def test_rev_a():
    board = load_board("rev_a")
    assert (board.name, board.mcu, board.adc_reference_mv, len(board.channels)) == ("rev_a", "rp2040", 3000, 12)
    assert board.index("forward") == 4
    assert load_board(BOARDS / "rev_a.py") == board
    with pytest.raises(KeyError):
        board.index("nothing")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"second": 3', '"second": 2', ["pin 2 is used twice", "permit", "second"]),
        ('{"pin": 8}', '{"pin": 6}', ["pin 6 is used twice", "stop_loop.pin", "supply.pin"]),
        ('"drdy": 9', '"drdy": 17', ["pin 17 is used twice"]),
        ('"permit": 2', '"permit": 30', ["permit = 30", "0 to 29"]),
        ('"permit": 2', '"permit": True', ["permit = True"]),
        ('"permit": 2,', "", ["'permit' is missing"]),
        ('"spi_sck": 18,', "", ["'spi_sck' is missing"]),
        ('"mcu": "rp2040",', "", ["mcu is missing"]),
        ('"mcu": "rp2040",', '"mcu": "rp2040", "x": 1,', ["unknown key 'x'"]),
        ("3000", '"3 V"', ["adc_reference_mv = '3 V'"]),
        ('"supply", "contact"', '"stop_loop", "contact"', ["'stop_loop' is listed twice"]),
        ('"supply", "contact"', '"supply", "contatc"', ["unknown driver 'contatc'", "contact"]),
        ('"supply", "contact", {"pin": 8}', '"supply", "contact"', ["('supply', 'contact')", "settings"]),
        ('{"pin": 8}', "{}", ["supply: pin is missing"]),
        ('"detector": "voltage"', '"detector": "volt"', ["detector = 'volt'", "voltage"]),
        ('"pin": 28', '"pin": 23', ["reference.pin = 23: has no ADC"]),
        ('"coupling_db": -50', '"coupling_db": "-50"', ["coupling_db = '-50'", "from -120 to 0"]),
        ('"pulses_per_litre": 2000', '"pulses_per_litre": 0', ["pulses_per_litre = 0", "from 1 to"]),
        ("BOARD = {", "BOARD = open('/dev/null') or {", ["must be plain data"]),
        ("BOARD = {", "OTHER = {", ["no `BOARD"]),
        ("BOARD = {", "BOARD = [{", ["not Python"]),
    ],
)
def test_a_bad_board(tmp_path, old, new, words):
    assert old in TEXT
    path = tmp_path / "mine.py"
    path.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BoardError) as caught:
        load_board(path)
    for word in words:
        assert word in str(caught.value)
    assert str(caught.value).startswith(str(path))


def test_boards_that_are_no_files(tmp_path):
    with pytest.raises(BoardError, match="no board 'rev_b': the shipped boards are mini_ntc, rev_a"):
        load_board("rev_b")
    with pytest.raises(BoardError, match="cannot be read"):
        load_board(tmp_path / "none.py")
    (tmp_path / "latin.py").write_bytes(b"BOARD = '\xff'")
    with pytest.raises(BoardError, match="not UTF-8"):
        load_board(tmp_path / "latin.py")
    (tmp_path / "list.py").write_text("BOARD = [1]")
    with pytest.raises(BoardError, match="must be a dictionary"):
        load_board(tmp_path / "list.py")


def test_limits_for_a_board_file_of_ones_own(tmp_path):
    (tmp_path / "mine.py").write_text(TEXT.replace('"rev_a"', '"mine"'), encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(
        SHIPPED.read_text(encoding="utf-8").replace('board = "rev_a"', 'board = "mine.py"'), encoding="utf-8"
    )
    assert load(path).board.name == "mine"


def test_a_duplicate_pin_is_a_problem_of_the_limits_file(tmp_path):
    (tmp_path / "mine.py").write_text(TEXT.replace('"second": 3', '"second": 2'), encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(
        SHIPPED.read_text(encoding="utf-8").replace('board = "rev_a"', 'board = "mine.py"'), encoding="utf-8"
    )
    with pytest.raises(LimitsError) as caught:
        load(path)
    assert [(problem.line, problem.key) for problem in caught.value.problems] == [(8, "limits.board")]
    assert "pin 2 is used twice" in str(caught.value)


def test_a_board_given_by_hand_takes_the_place_of_the_one_that_is_named(tmp_path):
    (tmp_path / "mine.py").write_text(TEXT.replace('"rev_a"', '"mine"').replace('"permit": 2', '"permit": 13'))
    given = load_board(tmp_path / "mine.py")
    limits = load(SHIPPED, given)
    assert limits.board == given
    assert compile_limits(limits) != compile_limits(load(SHIPPED)), "a device accepts the limit set of its own board"


def test_a_board_with_other_channels_is_one_line():
    with pytest.raises(LimitsError) as caught:
        load(SHIPPED, load_board("mini_ntc"))
    assert str(caught.value).count("\n") == 0
    lacking = "it lacks forward, reference, reflected, skin_a, skin_b, stop_loop, transducer, water"
    assert f"{lacking}; the file lacks drive, housing, skin_left, skin_right, stop" in str(caught.value)


def test_a_board_with_the_same_channels_and_another_sensor_is_refused(tmp_path):
    text = TEXT.replace(
        '"detector": "voltage", "nominal_mv": 2048', '"detector": "ad8307", "coupling_db": -50, "watches": "x"'
    )
    (tmp_path / "mine.py").write_text(text)
    with pytest.raises(LimitsError, match=r"channel\.reference\.sensor\.kind"):
        load(SHIPPED, load_board(tmp_path / "mine.py"))
