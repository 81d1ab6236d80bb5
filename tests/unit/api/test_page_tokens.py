"""Page tokens are valid for one segment and one key only."""

import base64

import pytest

from regulars.api.page_tokens import PagePosition, open_token, seal_token
from regulars.domain.errors import InvalidRequestError

POSITION = PagePosition("0000000042", "p_abcdefghijklmnop")
TOKEN = seal_token(POSITION, "rfm:champions", "a" * 64)


def test_token_opens_for_its_segment_and_key() -> None:
    assert open_token(TOKEN, "rfm:champions", "a" * 64) == POSITION


@pytest.mark.parametrize(
    ("token", "segment", "key_id"),
    [
        (TOKEN, "rfm:lost", "a" * 64),
        (TOKEN, "rfm:champions", "b" * 64),
        (TOKEN[:-2], "rfm:champions", "a" * 64),
        ("A" + TOKEN[1:], "rfm:champions", "a" * 64),
        (base64.urlsafe_b64encode(b'["1","p_1"]').decode(), "rfm:champions", "a" * 64),
        ("", "rfm:champions", "a" * 64),
        ("ü€", "rfm:champions", "a" * 64),
        ("x" * 9999, "rfm:champions", "a" * 64),
    ],
)
def test_token_of_another_segment_or_key_is_refused(token: str, segment: str, key_id: str) -> None:
    with pytest.raises(InvalidRequestError) as raised:
        open_token(token, segment, key_id)
    assert raised.value.code == "invalid_page_token"
