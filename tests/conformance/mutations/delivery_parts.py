"""Locates the parts of a delivery: each part can be read, and written without a change of the other parts."""

import json
from dataclasses import dataclass, replace
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlencode
from xml.etree import ElementTree as ET

from tests.conformance.mutations.signed_delivery import SignedDelivery


class DeliveryPart(Protocol):
    """A part of a delivery that is text."""

    def read(self, delivery: SignedDelivery) -> str:
        """Return the text of the part, or '' if it is absent."""
        ...

    def write(self, delivery: SignedDelivery, text: str | None) -> SignedDelivery:
        """Return the delivery with another text in this part. None removes the part."""
        ...


@dataclass(frozen=True)
class HeaderPart:
    """A header. Its name is in lower case."""

    name: str

    def read(self, delivery: SignedDelivery) -> str:
        return delivery.headers.get(self.name, "")

    def write(self, delivery: SignedDelivery, text: str | None) -> SignedDelivery:
        headers = {name: value for name, value in delivery.headers.items() if name != self.name}
        return replace(delivery, headers=headers if text is None else headers | {self.name: text})


@dataclass(frozen=True)
class ParameterPart:
    """A parameter of the query."""

    name: str

    def read(self, delivery: SignedDelivery) -> str:
        return dict(parse_qsl(delivery.query)).get(self.name, "")

    def write(self, delivery: SignedDelivery, text: str | None) -> SignedDelivery:
        pairs = parse_qsl(delivery.query, keep_blank_values=True)
        return replace(delivery, query=urlencode(_replace_value(pairs, self.name, text)))


@dataclass(frozen=True)
class FormFieldPart:
    """A field of the form in the body."""

    name: str

    def read(self, delivery: SignedDelivery) -> str:
        return dict(parse_qsl(delivery.body.decode())).get(self.name, "")

    def write(self, delivery: SignedDelivery, text: str | None) -> SignedDelivery:
        pairs = parse_qsl(delivery.body.decode(), keep_blank_values=True)
        body = urlencode(_replace_value(pairs, self.name, text), errors="replace").encode()
        return replace(delivery, body=body)


@dataclass(frozen=True)
class JsonMemberPart:
    """A member of the JSON object in the body.

    `parent` names a member that is the object to use instead; `form_field` names the form field that holds the JSON.
    """

    name: str
    parent: str = ""
    form_field: str = ""

    def read(self, delivery: SignedDelivery) -> str:
        document = json.loads(self._read_document(delivery))
        members = (document.get(self.parent) or {}) if self.parent else document
        return str(members.get(self.name, ""))

    def write(self, delivery: SignedDelivery, text: str | None) -> SignedDelivery:
        document = json.loads(self._read_document(delivery))
        members: dict[str, Any] = document[self.parent] if self.parent else document
        members.pop(self.name, None)
        members |= {} if text is None else {self.name: text}
        body = json.dumps(document)
        if self.form_field:
            return FormFieldPart(self.form_field).write(delivery, body)
        return replace(delivery, body=body.encode())

    def _read_document(self, delivery: SignedDelivery) -> str:
        if self.form_field:
            return FormFieldPart(self.form_field).read(delivery)
        return delivery.body.decode()


@dataclass(frozen=True)
class XmlElementPart:
    """An element of the XML in the body."""

    name: str

    def read(self, delivery: SignedDelivery) -> str:
        return ET.fromstring(delivery.body).findtext(self.name) or ""  # noqa: S314 (our own)

    def write(self, delivery: SignedDelivery, text: str | None) -> SignedDelivery:
        root = ET.fromstring(delivery.body)  # noqa: S314 (our own)
        for element in root.findall(self.name):
            root.remove(element)
        if text is not None:
            ET.SubElement(root, self.name).text = text
        body = ET.tostring(root, encoding="utf-8", xml_declaration=False)
        return replace(delivery, body=body)


class BodyPart:
    """The bytes of the body, each as one character."""

    def read(self, delivery: SignedDelivery) -> str:
        return delivery.body.decode("latin-1")

    def write(self, delivery: SignedDelivery, text: str | None) -> SignedDelivery:
        return replace(delivery, body=(text or "").encode("latin-1", "replace"))


class UrlPart:
    """The host name and the path that the request was sent to."""

    def read(self, delivery: SignedDelivery) -> str:
        return delivery.url.removeprefix("https://").replace(".", "").replace("/", "")

    def write(self, delivery: SignedDelivery, text: str | None) -> SignedDelivery:
        ascii_text = (text or "").encode("ascii", "ignore").decode()
        name = "".join(filter(str.isalnum, ascii_text)).lower()
        return replace(delivery, url=f"https://hooks-{name}.example.com/hooks/{name or 'x'}/main")


class QueryPart:
    """The whole query string."""

    def read(self, delivery: SignedDelivery) -> str:
        return delivery.query

    def write(self, delivery: SignedDelivery, text: str | None) -> SignedDelivery:
        return replace(delivery, query=text or "")


def _replace_value(
    pairs: list[tuple[str, str]], name: str, text: str | None
) -> list[tuple[str, str]]:
    if text is None:
        return [pair for pair in pairs if pair[0] != name]
    if name not in dict(pairs):
        return [*pairs, (name, text)]
    return [(key, text if key == name else value) for key, value in pairs]
