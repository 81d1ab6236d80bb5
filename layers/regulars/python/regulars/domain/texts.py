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


def format_count(count: int, noun: str) -> str:
    """Return the number with its noun, in the plural unless it is one; only regular plurals are known.

    >>> [format_count(count, "identity") for count in (1, 2)] + [format_count(0, "order")]
    ['1 identity', '2 identities', '0 orders']
    """
    if count == 1:
        return f"{count} {noun}"
    word, _, rest = noun.partition(" of ")
    stem = f"{word[:-1]}ies" if word.endswith("y") and word[-2:-1] not in "aeiou" else f"{word}s"
    return f"{count} {stem} of {rest}" if rest else f"{count} {stem}"


def _is_visible(character: str) -> bool:
    return unicodedata.category(character) != "Cf" and character not in _INVISIBLE_CHARACTERS
