"""Recognise ids that programs send when they have none: words such as `undefined`, and templates that were not filled in."""

import re
import unicodedata
from urllib.parse import unquote

# Compared in lower case without separators, quotes and brackets: `userid` is `user_id`, `userId`, `User ID` and `[USER-ID]`.
_PLACEHOLDER_WORDS = frozenset(
    """
    null none nil nan undefined void empty missing na notavailable notapplicable notset notprovided notfound unset unknown
    unidentified unassigned unspecified anonymous anon nobody guest visitor user users testuser test testing default
    string true false infinity placeholder example sample objectobject 0x0 unauthenticated notauthenticated notloggedin
    loggedout notsignedin signedout id ids uid uuid guid userid useruuid distinctid anonymousid anonid visitorid guestid
    deviceid clientid customer customerid contactid memberid accountid externalid profileid sessionid yourid youruserid
    email emailaddress useremail mail phone phonenumber username noid nouser nouserid
    """.split()  # noqa: SIM905 (a hundred quoted words read worse)
)
_SEPARATOR_PATTERN = re.compile(r"[\W_]+")
_ZERO_PATTERN = re.compile(r"[\W_0]*")
_TEMPLATE_MARKS = (("{{", "}}"), ("${", "}"), ("#{", "}"), ("<%", "%>"), ("{%", "%}"), ("*|", "|*"))
# Without digits, because some programs write a UUID in braces.
_TEMPLATE_PATTERN = re.compile(
    r"%%?[a-z_][a-z0-9_. ]*%%?|\[\[.*\]\]|\{[a-z_$.: |-]+\}|\[[a-z]+_[a-z_]+\]|<[a-z]+[_ -][a-z_ -]+>"
)
_OBJECT_PATTERN = re.compile(r"\[object( \w+)?\]|function ?\w*\(.*|\[function.*\]", re.DOTALL)
_UUID_DIGITS = 32


def is_placeholder_id(text: str) -> bool:
    """Return whether a text is plainly no id of anybody: blank, zero, a word for nothing or an unfilled template.

    >>> [is_placeholder_id(text) for text in ("'undefined'", "{{user_id}}", "guest_8842")]
    [True, True, False]
    """
    text = unicodedata.normalize("NFKC", text).strip().casefold()
    return _is_placeholder(text) or ("%" in text and _is_placeholder(unquote(text).strip()))


def _is_placeholder(text: str) -> bool:
    word = _SEPARATOR_PATTERN.sub("", text)
    return (
        word in _PLACEHOLDER_WORDS
        or text == "-1"
        or bool(_ZERO_PATTERN.fullmatch(text))
        or (len(word) == _UUID_DIGITS and len(set(word)) == 1)
        or any(opening in text and closing in text for opening, closing in _TEMPLATE_MARKS)
        or bool(_TEMPLATE_PATTERN.fullmatch(text))
        or bool(_OBJECT_PATTERN.fullmatch(text))
    )
