"""The deployed API as a caller sees it: JSON over HTTP with a key, faults as sentences."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import urllib3

from infra.local.faults import FaultError
from infra.local.live import Post

# A cold function on a busy laptop unpacks its layers first.
PATIENCE = 60.0
PAGE = 50


@dataclass(frozen=True)
class Api:
    """One deployment's API and its keys by scope."""

    url: str
    keys: Mapping[str, str]

    def send(self, post: Post) -> Any:
        """Post to a door as a sender does."""
        return self._request("POST", post.path, dict(post.headers), post.body)

    def get(self, path: str, scope: str = "admin", **query: Any) -> Any:
        """Read with a key of the scope."""
        asked = f"{path}?{urlencode(query)}" if query else path
        return self._request("GET", asked, self._bearer(scope))

    def look_up(self, email: str) -> Any:
        """The profile of the person with this e-mail."""
        headers = self._bearer("admin") | {"content-type": "application/json"}
        body = json.dumps({"email": email}).encode()
        return self._request("POST", "/profiles/lookup", headers, body)

    def members(self, segment: str) -> Iterator[dict[str, Any]]:
        """All profiles of a segment, page by page."""
        path, query = f"/segments/{quote(segment)}/profiles", {"limit": str(PAGE)}
        while True:
            page = self.get(path, **query)
            yield from page["profiles"]
            if not page["next"]:
                return
            query |= {"next": page["next"]}

    def _bearer(self, scope: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.keys[scope]}"}

    def _request(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None = None
    ) -> Any:
        try:
            answer = urllib3.request(
                method, self.url + path, headers=headers, body=body, timeout=PATIENCE, retries=False
            )
        except urllib3.exceptions.HTTPError as error:
            raise FaultError(f"{method} {path} got no answer: {error}") from error
        if answer.status >= 400:  # noqa: PLR2004  HTTP's own line
            text = answer.data.decode(errors="replace")[:300]
            raise FaultError(f"{method} {path.partition('?')[0]} answered {answer.status}: {text}")
        return json.loads(answer.data)
