"""Changes a text: in any way, so that it stays readable, or to another encoding of the same signature."""

import base64
import binascii
import re
import string
from collections.abc import Callable
from random import Random

ALPHANUMERIC_CHARACTERS = string.ascii_letters + string.digits
_SIGNATURE_PATTERN = re.compile(r"(.*?)([A-Za-z0-9+/]{20,}={0,2})", re.DOTALL)

type TextChange = Callable[[Random, str], str]


def flip_bit(random: Random, text: str) -> str:
    """Invert one bit of one character."""
    index = random.randrange(len(text))
    character = chr(ord(text[index]) ^ (1 << random.randrange(7)))
    return text[:index] + character + text[index + 1 :]


def replace_character(random: Random, text: str) -> str:
    """Replace one character."""
    index = random.randrange(len(text))
    return text[:index] + random.choice(ALPHANUMERIC_CHARACTERS) + text[index + 1 :]


def insert_character(random: Random, text: str) -> str:
    """Insert one character, possibly at the start or the end."""
    index = random.randrange(len(text) + 1)
    character = random.choice(ALPHANUMERIC_CHARACTERS + " \t\n\0,;=&\"'\xe9")
    return text[:index] + character + text[index:]


def delete_characters(random: Random, text: str) -> str:
    """Delete between one and four characters."""
    index = random.randrange(len(text))
    return text[:index] + text[index + random.randint(1, 4) :]


def swap_characters(random: Random, text: str) -> str:
    """Swap two characters that are not adjacent. Return '' where that is not possible."""
    first, second = sorted(random.sample(range(len(text)), 2)) if len(text) > 1 else (0, 0)
    middle = text[first + 1 : second]
    if not middle:
        return ""
    return text[:first] + text[second] + middle + text[first] + text[second + 1 :]


TEXT_CHANGES: tuple[TextChange, ...] = (
    flip_bit,
    flip_bit,
    replace_character,
    insert_character,
    delete_characters,
    swap_characters,
    lambda random, text: text[: random.randrange(len(text))],
    lambda random, text: text + random.choice(ALPHANUMERIC_CHARACTERS) * random.randint(1, 40),
    lambda _, text: text + text,
    lambda _, text: text[::-1],
    lambda _, text: text.upper(),
    lambda _, text: text.lower(),
    lambda _, text: text.swapcase(),
    lambda random, text: "".join(random.choices(ALPHANUMERIC_CHARACTERS, k=len(text))),
)
READABLE_TEXT_CHANGES: tuple[TextChange, ...] = (
    replace_character,
    lambda random, text: text + random.choice(ALPHANUMERIC_CHARACTERS),
    lambda random, text: "".join(random.choices(ALPHANUMERIC_CHARACTERS, k=len(text) or 1)),
)
PREFIX_CHANGES: tuple[TextChange, ...] = (
    lambda _, prefix: prefix[:0],
    lambda _, prefix: prefix[:-1],
    lambda _, prefix: prefix.upper(),
    lambda _, prefix: prefix.replace("v1", "v0").replace("h1", "h0").replace("sha256", "sha1"),
    lambda _, prefix: prefix.replace("v1", "v1a").replace("sha1", "sha256"),
    lambda random, prefix: prefix[:0] + random.choice(("sha256=", "sha1=", "v1=", "v1,", "md5=")),
)


def convert_signature(random: Random, text: str) -> str:
    """Return a text with the signature at its end in another encoding, or with the prefix of another algorithm.

    Return '' for a text without a signature.
    """
    match = _SIGNATURE_PATTERN.fullmatch(text)
    if not match:
        return ""
    prefix, signature = match.groups()
    if random.random() < 0.3:
        return str(random.choice(PREFIX_CHANGES)(random, prefix)) + signature
    return str(prefix) + random.choice(_list_encodings(signature))


def _list_encodings(signature: str) -> list[str]:
    urlsafe = signature.replace("+", "-").replace("/", "_")
    unpadded = signature.rstrip("=")
    trailing_bit = unpadded[:-1] + chr(ord(unpadded[-1]) + 1) + signature[len(unpadded) :]
    encodings = [urlsafe, unpadded, f"{signature}=", f"{signature}\n=", trailing_bit]
    encodings += [f"0x{signature}", signature.upper(), f"{signature[:8]} {signature[8:]}"]
    return [*encodings, f'"{signature}"', *_convert_base(signature)]


def _convert_base(signature: str) -> list[str]:
    """Return hexadecimal as base64, or base64 as hexadecimal."""
    try:
        return [base64.b64encode(bytes.fromhex(signature)).decode()]
    except ValueError:
        pass
    try:
        return [base64.b64decode(signature, validate=True).hex()]
    except binascii.Error:
        return []
