"""Changes of a text: any at all, those that leave it readable, and other spellings of the same signature."""

import base64
import binascii
import re
import string
from collections.abc import Callable
from random import Random

LETTERS = string.ascii_letters + string.digits
_SIGNATURE = re.compile(r"(.*?)([A-Za-z0-9+/]{20,}={0,2})", re.DOTALL)

type Change = Callable[[Random, str], str]


def flipped(random: Random, text: str) -> str:
    """One bit of one character."""
    at = random.randrange(len(text))
    return text[:at] + chr(ord(text[at]) ^ (1 << random.randrange(7))) + text[at + 1 :]


def replaced(random: Random, text: str) -> str:
    """One character is another."""
    at = random.randrange(len(text))
    return text[:at] + random.choice(LETTERS) + text[at + 1 :]


def inserted(random: Random, text: str) -> str:
    """One character more, possibly at an end."""
    at = random.randrange(len(text) + 1)
    return text[:at] + random.choice(LETTERS + " \t\n\0,;=&\"'\xe9") + text[at:]


def deleted(random: Random, text: str) -> str:
    """Some characters less."""
    at = random.randrange(len(text))
    return text[:at] + text[at + random.randint(1, 4) :]


def swapped(random: Random, text: str) -> str:
    """Two characters in each other's place."""
    one, other = sorted(random.sample(range(len(text)), 2)) if len(text) > 1 else (0, 0)
    middle = text[one + 1 : other]
    return text[:one] + text[other] + middle + text[one] + text[other + 1 :] if middle else ""


ANY: tuple[Change, ...] = (
    flipped,
    flipped,
    replaced,
    inserted,
    deleted,
    swapped,
    lambda random, text: text[: random.randrange(len(text))],
    lambda random, text: text + random.choice(LETTERS) * random.randint(1, 40),
    lambda _, text: text + text,
    lambda _, text: text[::-1],
    lambda _, text: text.upper(),
    lambda _, text: text.lower(),
    lambda _, text: text.swapcase(),
    lambda random, text: "".join(random.choices(LETTERS, k=len(text))),
)
READABLE: tuple[Change, ...] = (
    replaced,
    lambda random, text: text + random.choice(LETTERS),
    lambda random, text: "".join(random.choices(LETTERS, k=len(text) or 1)),
)
PREFIXES: tuple[Change, ...] = (
    lambda _, prefix: prefix[:0],
    lambda _, prefix: prefix[:-1],
    lambda _, prefix: prefix.upper(),
    lambda _, prefix: prefix.replace("v1", "v0").replace("h1", "h0").replace("sha256", "sha1"),
    lambda _, prefix: prefix.replace("v1", "v1a").replace("sha1", "sha256"),
    lambda random, prefix: prefix[:0] + random.choice(("sha256=", "sha1=", "v1=", "v1,", "md5=")),
)


def respelt(random: Random, text: str) -> str:
    """The signature at the end of a text in another spelling of the same bytes, or under another algorithm's name."""
    found = _SIGNATURE.fullmatch(text)
    if not found:
        return ""
    prefix, signature = found.groups()
    if random.random() < 0.3:
        return str(random.choice(PREFIXES)(random, prefix)) + signature
    return str(prefix) + random.choice(_spellings(signature))


def _spellings(signature: str) -> list[str]:
    urlsafe = signature.replace("+", "-").replace("/", "_")
    bare = signature.rstrip("=")
    loose = bare[:-1] + chr(ord(bare[-1]) + 1) + signature[len(bare) :]
    spellings = [urlsafe, bare, f"{signature}=", f"{signature}\n=", loose, f"0x{signature}"]
    spellings += [signature.upper(), f"{signature[:8]} {signature[8:]}", f'"{signature}"']
    return spellings + _recoded(signature)


def _recoded(signature: str) -> list[str]:
    """Hexadecimal as base64, and the other way round."""
    try:
        return [base64.b64encode(bytes.fromhex(signature)).decode()]
    except ValueError:
        pass
    try:
        return [base64.b64decode(signature, validate=True).hex()]
    except binascii.Error:
        return []
