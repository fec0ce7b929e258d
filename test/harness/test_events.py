"""The client of event streams reads them as the HTML standard says."""

import pytest

from .events import Parser, versions


def test_an_event_is_its_type_its_data_and_the_last_id():
    assert Parser().feed("event: operation\nid: 1.2.3\ndata: {}\n\n") == [("operation", "{}", "1.2.3")]


def test_a_type_is_of_one_event_and_an_id_of_all_that_follow():
    assert Parser().feed("id: 1.2.3\nevent: a\ndata: x\n\ndata: y\n\n") == [("a", "x", "1.2.3"), ("message", "y", "1.2.3")]


def test_a_block_without_data_sets_the_last_id_and_is_no_event():
    parser = Parser("1.0.0")
    assert parser.feed(": \nid: 1.2.3\n\n") == []
    assert parser.last_id == "1.2.3"


def test_lines_of_data_are_joined_and_comments_skipped():
    assert Parser().feed("data: a\n: a comment\ndata:b\n\n") == [("message", "a\nb", "")]


def test_the_time_to_come_back_is_told():
    parser = Parser()
    parser.feed("retry: 2500\n\nretry: soon\n\n")
    assert parser.retry == 2500


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_it_does_not_matter_where_it_is_cut_or_how_lines_end(end):
    text = end.join(["id: 1.2.3", "event: operation", "data: {}", "", "data: x", "", ""])
    parser = Parser()
    found = [event for letter in text for event in parser.feed(letter)]
    assert found + parser.feed("\n") == [("operation", "{}", "1.2.3"), ("message", "x", "1.2.3")]


def test_an_id_is_a_version_of_each_kind():
    assert versions("1.20.3") == (20, 3)
    assert versions("1.9.10") < versions("1.10.9")
