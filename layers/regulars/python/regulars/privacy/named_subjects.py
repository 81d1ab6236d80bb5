"""Find out whether a text names erased people, although only the keyed hashes of their identifiers are known."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote_plus

from regulars.channels.fields.phones import to_e164
from regulars.domain.identifiers import NAMESPACES, list_identifiers, subject_key

SUBJECT_PATTERN = re.compile(r"[uepca]:[A-Za-z0-9_-]{16}")
# What may be an identifier: quoted texts, cells and words, and groups of digits that may be one phone number.
_TOKEN_PATTERNS = (
    re.compile(r'"((?:[^"\\]|\\.){1,256})"'),
    re.compile(r"[^\s\"'<>,;:=&?{}\[\]()|\\]{1,256}"),
    re.compile(r"\+?\d[\d ()./-]{5,20}\d"),
)
_ESCAPE_PATTERN = re.compile(r"\\u([0-9a-fA-F]{4})")
_LETTERS = {letter: namespace for namespace, letter in NAMESPACES.items()}
MAX_PHONE_CHARACTERS = 22
MAX_REMEMBERED_TOKENS = 200_000


class SubjectFinder:
    """Finds subjects in texts: as they are, and as the identifier in clear from which each is made."""

    def __init__(self, subjects: Iterable[str], pepper: bytes, country: str) -> None:
        self._subjects = frozenset(subjects)
        self._namespaces = {_LETTERS.get(subject[:1], "") for subject in self._subjects}
        self._pepper = pepper
        self._country = country
        self._results: dict[tuple[str, str], bool] = {}

    def is_named_in(self, content: bytes, scope: str = "") -> bool:
        """Return whether a text names one of the subjects; `scope` is the account of the customer numbers in it."""
        text = content.decode("utf-8", "replace")
        return any(self._is_named(form, scope) for form in _list_forms(text))

    def is_named_as(self, namespace: str, value: str) -> bool:
        """Return whether a value of this kind is an identifier of one of the subjects."""
        return any(
            subject_key(identifier, self._pepper) in self._subjects
            for identifier in list_identifiers(namespace, value)
        )

    def _is_named(self, text: str, scope: str) -> bool:
        if not self._subjects.isdisjoint(SUBJECT_PATTERN.findall(text)):
            return True
        tokens = {token for pattern in _TOKEN_PATTERNS for token in pattern.findall(text)}
        return any(self._is_identifier(token, scope) for token in tokens)

    def _is_identifier(self, token: str, scope: str) -> bool:
        if len(self._results) > MAX_REMEMBERED_TOKENS:
            self._results.clear()
        key = token, scope
        if key not in self._results:
            self._results[key] = not self._subjects.isdisjoint(self._list_keys(token, scope))
        return self._results[key]

    def _list_keys(self, token: str, scope: str) -> Iterator[str]:
        for namespace, value, namespace_scope in self._list_readings(token.strip(), scope):
            for identifier in list_identifiers(namespace, value, namespace_scope):
                yield subject_key(identifier, self._pepper)

    def _list_readings(self, token: str, scope: str) -> Iterator[tuple[str, str, str]]:
        if "email" in self._namespaces and "@" in token:
            yield "email", token, ""
        if (
            "phone" in self._namespaces
            and len(token) <= MAX_PHONE_CHARACTERS
            and token[-1:].isdigit()
        ):
            yield "phone", to_e164(token, self._country) or "", ""
        for namespace in self._namespaces & {"user_id", "anonymous_id"}:
            yield namespace, token, ""
        if scope and "customer" in self._namespaces:
            yield "customer", token, scope


def _list_forms(text: str) -> Iterator[str]:
    """Yield a text as it is, without the escapes of JSON, and without those of URLs and forms."""
    yield text
    plain = _ESCAPE_PATTERN.sub(lambda match: chr(int(match[1], 16)), text)
    if plain != text:
        yield plain
    if "%" in plain:
        yield unquote_plus(plain)
