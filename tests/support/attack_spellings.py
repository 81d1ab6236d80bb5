"""Spell identifiers as people, programs and attackers do."""

from collections.abc import Callable
from random import Random
from typing import Any

type Spelling = Callable[[str], Any]

PLAIN_SHARE = 0.6  # of the values, since an odd one may make the door refuse the whole message

EMAIL_SPELLINGS: tuple[Spelling, ...] = (
    str,
    str.upper,
    str.title,
    "mailto:{}".format,
    "Eve Evil <{}>".format,
    "  {}\t".format,
    "{}.".format,
    "{};".format,
    '"{}"'.format,
    "\u200b{}\ufeff".format,
    lambda text: text.replace("@", "\uff20"),
    lambda text: text.replace("@", "%40"),
    lambda text: text.replace("@", "+tag@"),
    lambda text: f"eve@eve.example, {text}",
    lambda text: f"{text}\x00",
    lambda text: [text],
    lambda text: {"address": text},
    lambda text: {"email": [text, text]},
)
PHONE_SPELLINGS: tuple[Spelling, ...] = (
    str,
    lambda text: text.replace("+44", "0"),
    lambda text: text.replace("+44", "0044"),
    lambda text: text.replace("+44", "+44 (0) "),
    lambda text: f"{text[:6]} {text[6:9]}-{text[9:]}",
    "tel:{}".format,
    "{} ext. 5".format,
    lambda text: "".join(
        chr(ord("\uff10") + int(sign)) if sign.isdigit() else sign for sign in text
    ),
    lambda text: int(text[1:]),
    lambda text: [text],
    lambda text: {"number": text},
)
ID_SPELLINGS: tuple[Spelling, ...] = (
    str,
    str.upper,
    '"{}"'.format,
    "'{}'".format,
    " {} ".format,
    "\u200b{}".format,
    "mailto:{}".format,
    lambda text: [text],
    lambda text: {"id": text},
    lambda _: 10**400,
    lambda _: 1.5,
    lambda _: "x" * 2_000,
    lambda _: "undefined",
    lambda _: "",
    lambda _: None,
    lambda _: True,
    lambda text: f"{text}\x1f{text}",
)


def write_email(draw: Random, address: str) -> Any:
    """Return an e-mail address in one of its spellings, or what is none."""
    return _write_spelling(draw, EMAIL_SPELLINGS, address)


def write_phone(draw: Random, number: str) -> Any:
    """Return a phone number of +44 in one of its spellings, or what is none."""
    return _write_spelling(draw, PHONE_SPELLINGS, number)


def write_id(draw: Random, text: str) -> Any:
    """Return an id in one of its spellings, or what is none."""
    return _write_spelling(draw, ID_SPELLINGS, text)


def _write_spelling(draw: Random, spellings: tuple[Spelling, ...], text: str) -> Any:
    return text if draw.random() < PLAIN_SHARE else draw.choice(spellings)(text)
