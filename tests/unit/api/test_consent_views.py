"""The API shows consent by channel as before, and by keyed address."""

import json
from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS31Validator

from regulars.api import consent_views
from regulars.api.consent_views import consent_view
from regulars.domain.consent import NO_CONSENTS, Consents, ConsentStatement

OPENAPI_SCHEMA: dict[str, Any] = json.loads(
    Path(consent_views.__file__).with_name("openapi.json").read_text()
)
TIMES = [f"2026-11-{day:02}T00:00:00.000Z" for day in range(1, 10)]


def build_consents(*keys: str, claims: tuple[str, ...] = ()) -> Consents:
    """Return statements by their keys, each of them newer than the one before."""
    strong, claimed = (
        {
            key: ConsentStatement(at=TIMES[number], basis="form", trust=trust)
            for number, key in enumerate(part)
        }
        for part, trust in ((keys, "verified"), (claims, "browser"))
    )
    return Consents(statements=strong, claims=claimed)


def render_view(consents: Consents) -> dict[str, Any]:
    """Return the view, which the OpenAPI document describes."""
    view = consent_view(consents)
    schema = OPENAPI_SCHEMA["components"]["schemas"]["Profile"]["properties"]["consent"]
    OAS31Validator({**schema, "components": OPENAPI_SCHEMA["components"]}).validate(view)
    json.dumps(view)
    return view


def list_rows(view: dict[str, Any]) -> list[tuple[Any, ...]]:
    rows = [row for channel in view.values() for row in channel["addresses"]]
    return [(row["address"], row["purpose"], row["status"]) for row in rows]


def test_channel_shows_the_strictest_of_its_addresses() -> None:
    view = render_view(build_consents("email/marketing/e:1/denied", "email/marketing/e:2/granted"))
    assert {name: view["email"][name] for name in ("status", "at", "basis")} == {
        "status": "denied",
        "at": TIMES[0],
        "basis": "form",
    }
    assert list_rows(view) == [("e:1", "marketing", "denied"), ("e:2", "marketing", "granted")]


def test_complaint_is_a_denial_of_the_channel_and_of_marketing() -> None:
    view = render_view(build_consents("email/all/e:1/complained", "sms/transactional/p:1/denied"))
    assert {channel: fields["status"] for channel, fields in view.items()} == {
        "email": "denied",
        "sms": "denied",
    }
    assert list_rows(view) == [
        ("e:1", "marketing", "complained"),
        ("p:1", "transactional", "denied"),
    ]


def test_refusal_of_the_whole_person_has_no_address() -> None:
    assert list_rows(render_view(build_consents("email/marketing//denied"))) == [
        (None, "marketing", "denied")
    ]


def test_claim_is_shown_beside_stronger_consent() -> None:
    denial = "email/marketing/e:1/denied"
    view = render_view(build_consents("email/marketing/e:1/granted", claims=(denial,)))
    (row,) = view["email"]["addresses"]
    assert (row["status"], row["trust"], row["claim"]["status"]) == (
        *("granted", "verified", "denied"),
    )


def test_claim_in_force_is_shown_once() -> None:
    view = render_view(build_consents(claims=("email/marketing/e:1/granted",)))
    (row,) = view["email"]["addresses"]
    assert (row["status"], row["trust"], row["claim"]) == ("granted", "browser", None)


def test_person_without_consent_has_no_channels() -> None:
    assert render_view(NO_CONSENTS) == {}
