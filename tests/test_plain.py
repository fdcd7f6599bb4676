"""What strangers write is shown, and never obeyed."""

import csv
import io
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from specnet.plain import csv_text, file_name, markdown_rows, one_line, plain, whole_number

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))


@given(ANY_TEXT)
def test_nothing_that_steers_is_left(text):
    shown = one_line(text)
    categories = {unicodedata.category(each) for each in shown} - {"Zs"}
    assert not categories & {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert {each for each in shown if unicodedata.category(each) == "Cf"} <= {"\u200c", "\u200d"}
    assert plain(shown) == shown
    shown.encode()


@given(st.text(st.characters(categories=["L", "M", "N", "P", "S"])))
def test_what_can_be_seen_stays(text):
    assert one_line(text) == text


def test_bytes_that_are_not_utf8_are_shown_as_bytes():
    assert one_line(b"caf\xe9".decode("utf-8", "surrogateescape")) == "caf\\xe9"
    assert one_line("\ud800") == "\\ud800"
    assert plain("a\nb\tc\r") == "a\nb\tc\\r"
    assert one_line("a\nb") == "a\\nb"


def test_a_spreadsheet_computes_nothing():
    rows = [{"a": text, "b": -1.5} for text in ("=1+1", "+a", "-b", "@c", "\tx", "-1.5", "1e3")]
    _, *read = csv.reader(io.StringIO(csv_text(["a", "b"], rows)))
    assert [row[0] for row in read] == ["'=1+1", "'+a", "'-b", "'@c", "'\\tx", "-1.5", "1e3"]
    assert {row[1] for row in read} == {"-1.5"}


def test_a_cell_of_markdown_stays_one_cell():
    assert markdown_rows([["a|b\nc", "<script>"]]) == "| a\\|b\\nc | &lt;script> |\n"


def test_files_get_names_that_stay_in_their_folder():
    assert file_name("../../etc/x\x1b") == "-..-etc-x\\x1b"
    long = [file_name("é" * 300 + end) for end in "ab"]
    assert long[0] != long[1]
    assert max(len(each.encode()) for each in long) < 200
    assert file_name(".") == "-"


@given(st.integers(min_value=0))
def test_a_whole_number_is_the_one_that_is_written(number):
    assert whole_number(str(number)) == number


def test_what_python_reads_as_no_whole_number_is_none():
    for text in ("", "-1", "1.5", "1_0", " 1", "\u00b2", "1" * 5000):
        assert whole_number(text) is None
