"""Calls the deployed API with a key, as a shop does; an error becomes one sentence."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

import urllib3

from infra.local.errors import CommandError
from infra.local.sample_deliveries import SampleDelivery

TIMEOUT_SECONDS = 60.0  # a cold function on a busy laptop unpacks its layers first
PAGE_PROFILES = 50
MAX_SHOWN_CHARACTERS = 300


@dataclass(frozen=True)
class ApiClient:
    """The API of one deployment, and its keys by scope."""

    url: str
    keys: Mapping[str, str]

    def send_delivery(self, delivery: SampleDelivery) -> Any:
        """Post a delivery, and return the JSON of the answer."""
        return self._request("POST", delivery.path, dict(delivery.headers), delivery.body)

    def get(self, path: str, scope: str = "admin", **query: Any) -> Any:
        """Read a path with the key of the scope."""
        target = f"{path}?{urlencode(query)}" if query else path
        return self._request("GET", target, self._build_authorization(scope))

    def find_profile(self, email: str) -> Any:
        """Return the profile of the person with this e-mail address."""
        headers = self._build_authorization("admin") | {"content-type": "application/json"}
        body = json.dumps({"email": email}).encode()
        return self._request("POST", "/profiles/lookup", headers, body)

    def list_members(self, segment: str) -> Iterator[dict[str, Any]]:
        """Yield all profiles of a segment, page by page."""
        path, query = f"/segments/{quote(segment)}/profiles", {"limit": str(PAGE_PROFILES)}
        while True:
            page = self.get(path, **query)
            yield from page["profiles"]
            if not page["next"]:
                return
            query |= {"next": page["next"]}

    def _build_authorization(self, scope: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.keys[scope]}"}

    def _request(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None = None
    ) -> Any:
        try:
            response = urllib3.request(
                method,
                self.url + path,
                headers=headers,
                body=body,
                timeout=TIMEOUT_SECONDS,
                retries=False,
            )
        except urllib3.exceptions.HTTPError as error:
            raise CommandError(f"{method} {path} got no response: {error}") from error
        if response.status >= HTTPStatus.BAD_REQUEST:
            text = response.data.decode(errors="replace")[:MAX_SHOWN_CHARACTERS]
            route = path.partition("?")[0]
            raise CommandError(f"{method} {route} answered {response.status}: {text}")
        return json.loads(response.data)
