"""Make texts that every store accepts, and texts that look as they read."""

import unicodedata

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


def _is_visible(character: str) -> bool:
    return unicodedata.category(character) != "Cf" and character not in _INVISIBLE_CHARACTERS
