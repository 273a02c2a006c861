"""Stored JSON keeps every digit, and is not encoded twice."""

import json

import pytest

from service.json_text import JsonText, encode


@pytest.mark.parametrize(
    "value", [{"p": 0.1 + 0.2, "none": None, "text": "é"}, [2**256 - 1, -(2**255)], {1: "one"}]
)
def test_what_is_read_back_is_what_was_stored(value: object) -> None:
    assert json.loads(encode(value)) == json.loads(json.dumps(value))


def test_a_document_that_is_text_already_stays_as_it_is() -> None:
    assert encode(JsonText('{"a": 1}')) == '{"a": 1}'
