"""Where things stand in a delivery: each can be read, and written anew without touching anything else."""

import json
from dataclasses import dataclass, replace
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlencode
from xml.etree import ElementTree as ET

from tests.conformance.mutations.signed_delivery import Delivery


class Place(Protocol):
    """Something in a delivery that is a text."""

    def read(self, sent: Delivery) -> str:
        """What stands there; '' for nothing."""
        ...

    def write(self, sent: Delivery, text: str | None) -> Delivery:
        """The delivery with another text there; None takes it out."""
        ...


@dataclass(frozen=True)
class Header:
    """A header, whose name is written in lower case."""

    name: str

    def read(self, sent: Delivery) -> str:
        return sent.headers.get(self.name, "")

    def write(self, sent: Delivery, text: str | None) -> Delivery:
        headers = {name: said for name, said in sent.headers.items() if name != self.name}
        return replace(sent, headers=headers if text is None else headers | {self.name: text})


@dataclass(frozen=True)
class Parameter:
    """A parameter of the query."""

    name: str

    def read(self, sent: Delivery) -> str:
        return dict(parse_qsl(sent.query)).get(self.name, "")

    def write(self, sent: Delivery, text: str | None) -> Delivery:
        pairs = parse_qsl(sent.query, keep_blank_values=True)
        return replace(sent, query=urlencode(_changed(pairs, self.name, text)))


@dataclass(frozen=True)
class Field:
    """A field of a form in the body."""

    name: str

    def read(self, sent: Delivery) -> str:
        return dict(parse_qsl(sent.body.decode())).get(self.name, "")

    def write(self, sent: Delivery, text: str | None) -> Delivery:
        pairs = parse_qsl(sent.body.decode(), keep_blank_values=True)
        return replace(
            sent, body=urlencode(_changed(pairs, self.name, text), errors="replace").encode()
        )


@dataclass(frozen=True)
class Member:
    """A member of the JSON object in the body, in an object in it, or in one that is a field of the form there."""

    name: str
    within: str = ""
    form: str = ""

    def read(self, sent: Delivery) -> str:
        told = json.loads(self._text(sent))
        found = (told.get(self.within) or {}) if self.within else told
        return str(found.get(self.name, ""))

    def write(self, sent: Delivery, text: str | None) -> Delivery:
        told = json.loads(self._text(sent))
        found: dict[str, Any] = told[self.within] if self.within else told
        found.pop(self.name, None)
        found |= {} if text is None else {self.name: text}
        body = json.dumps(told)
        return (
            Field(self.form).write(sent, body) if self.form else replace(sent, body=body.encode())
        )

    def _text(self, sent: Delivery) -> str:
        return Field(self.form).read(sent) if self.form else sent.body.decode()


@dataclass(frozen=True)
class Element:
    """An element of the XML in the body."""

    name: str

    def read(self, sent: Delivery) -> str:
        return ET.fromstring(sent.body).findtext(self.name) or ""  # noqa: S314 (our own)

    def write(self, sent: Delivery, text: str | None) -> Delivery:
        root = ET.fromstring(sent.body)  # noqa: S314 (our own)
        for old in root.findall(self.name):
            root.remove(old)
        if text is not None:
            ET.SubElement(root, self.name).text = text
        return replace(sent, body=ET.tostring(root, encoding="utf-8", xml_declaration=False))


class Body:
    """The bytes of the body, each a character."""

    def read(self, sent: Delivery) -> str:
        return sent.body.decode("latin-1")

    def write(self, sent: Delivery, text: str | None) -> Delivery:
        return replace(sent, body=(text or "").encode("latin-1", "replace"))


class Address:
    """The host's name and the path under which the door was asked for."""

    def read(self, sent: Delivery) -> str:
        return sent.url.removeprefix("https://").replace(".", "").replace("/", "")

    def write(self, sent: Delivery, text: str | None) -> Delivery:
        told = "".join(filter(str.isalnum, (text or "").encode("ascii", "ignore").decode())).lower()
        return replace(sent, url=f"https://hooks-{told}.example.com/hooks/{told or 'x'}/main")


class Query:
    """The whole query as it is written."""

    def read(self, sent: Delivery) -> str:
        return sent.query

    def write(self, sent: Delivery, text: str | None) -> Delivery:
        return replace(sent, query=text or "")


def _changed(pairs: list[tuple[str, str]], name: str, text: str | None) -> list[tuple[str, str]]:
    if text is None:
        return [pair for pair in pairs if pair[0] != name]
    if name not in dict(pairs):
        return [*pairs, (name, text)]
    return [(key, text if key == name else said) for key, said in pairs]
