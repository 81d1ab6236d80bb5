"""Make texts that every store accepts, and texts that look as they read."""

import re
import unicodedata

_NOUN_PATTERN = re.compile(r"(.*?)((?: (?:of|that|in|with|on) .*)?)$")

# No format characters, and yet invisible: joiners, fillers and variation selectors.
_INVISIBLE_CHARACTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0") | frozenset(
    map(chr, range(0xFE00, 0xFE10))
)


def replace_surrogates(text: str) -> str:
    r"""Return the text with `?` for each lone surrogate, which neither a hash nor a store accepts.

    >>> replace_surrogates("caf\u00e9 \ud83d")
    'café ?'
    """
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def strip_invisible(text: str) -> str:
    r"""Return the text without characters of no width, such as a soft hyphen, a byte order mark and bidi marks.

    >>> strip_invisible("uma\u200b@copy.example")
    'uma@copy.example'
    """
    return text if text.isascii() else "".join(filter(_is_visible, text))


def format_count(count: int, noun: str) -> str:
    """Return the number with its noun, in the plural unless it is one; what follows `of` or `that` stays.

    >>> [format_count(count, "person") for count in (0, 1, 1200)]
    ['0 people', '1 person', '1,200 people']
    >>> format_count(2, "entry of the ledger")
    '2 entries of the ledger'
    """
    if count == 1:
        return f"1 {noun}"
    word, rest = _NOUN_PATTERN.match(noun).groups()  # type: ignore[union-attr]  # it matches every text
    return f"{count:,} {_to_plural(word)}{rest}"


def add_article(noun: str) -> str:
    """Return a noun with its indefinite article.

    >>> [add_article(f"{scope} key") for scope in ("admin", "browser", "unused", "user")]
    ['an admin key', 'a browser key', 'an unused key', 'a user key']
    """
    has_vowel = noun[:1].lower() in {*"aeio"} or noun[:2].lower() == "un"
    return f"{'an' if has_vowel else 'a'} {noun}"


def _to_plural(noun: str) -> str:
    """Return the plural of one noun, which may have adjectives before it."""
    if noun.endswith("person"):
        return f"{noun.removesuffix('person')}people"
    if noun.endswith("y") and noun[-2:-1] not in {*"aeiou"}:
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"


def _is_visible(character: str) -> bool:
    return unicodedata.category(character) != "Cf" and character not in _INVISIBLE_CHARACTERS
