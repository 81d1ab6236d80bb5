"""What a founder wants to see after the demo, gathered through the API as the founder would."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from infra.cli import facts
from infra.cli.api import Api
from infra.cli.stack import Stack
from infra.local.shop import Shop
from regulars.settings import ServeProfilesSettings
from regulars.store.people import People
from regulars.store.served_profiles import ServedProfiles

SAVED = 5  # people shown as worth saving
WISHES = 5  # recommendations shown
LEAVING = ("high", "medium")
REGULAR_ORDERS = 2  # whoever bought once was never won


type Facts = dict[str, Any]


def gathered(deployed: Stack, api: Api, shop: Shop) -> Facts:
    """Everything the demo prints and writes."""
    segments = api.get("/segments")["segments"]
    rfm = [segment["name"] for segment in segments if segment["scheme"] == "rfm"]
    people = [person for name in rfm for person in api.members(name)]
    known = api.look_up(shop.regular["email"])
    seen = shop.bestsellers[2]
    return {
        "counts": facts.counts(deployed),
        "segments": segments,
        "champions": facts.champions(deployed),
        "worth_saving": named(deployed, worth_saving(people)),
        "profile": known,
        "recommendations": api.get(f"/profiles/{known['id']}/recommendations", "read", n=WISHES),
        "seen": seen,
        "visitor": api.get("/recommendations", "read", items=seen["product_id"], n=WISHES),
    }


def worth_saving(people: Iterable[Facts]) -> list[Facts]:
    """Those with the most money at stake: churn risk times what they spent, of repeat buyers not lost yet."""
    leaving = [
        person
        for person in people
        if person["churn"]["band"] in LEAVING
        and person["orders"]["count"] >= REGULAR_ORDERS
        and person["lifecycle"]["stage"] != "lost"
    ]
    return sorted(leaving, key=lambda person: (-_at_stake(person), person["id"]))[:SAVED]


def named(deployed: Stack, people: Sequence[Facts]) -> list[Facts]:
    """The same people with their contact data, which the API tells of one person at a time."""
    settings = deployed.settings(ServeProfilesSettings)
    found = ServedProfiles(settings.profiles_table).read_with_scores(one["id"] for one in people)
    contacts = People(settings.people_table)
    by_id = {person.profile_id: contacts.read_contacts(person.subjects) for person in found}
    return [person | {"contact": by_id.get(person["id"], {})} for person in people]


def document(found: Facts, urls: dict[str, str], seconds: float) -> Facts:
    """The demo's facts for programs: build/demo.json."""
    metrics = {model: one["metrics"] for model, one in found["champions"].items()}
    churn, recommender = metrics.get("churn", {}), metrics.get("recommender", {})
    return {
        "events": found["counts"]["events"],
        "profiles": found["counts"]["profiles"],
        "segments": [{"name": one["name"], "size": one["size"]} for one in found["segments"]],
        "churn": {name: churn.get(name) for name in ("auc", "brier", "n")},
        "recommender": {name: recommender.get(name) for name in ("ndcg10", "coverage")},
        "sample_profile": found["profile"],
        "sample_recommendations": found["recommendations"],
        "urls": urls,
        "seconds": round(seconds, 1),
    }


def _at_stake(person: Facts) -> Decimal:
    spent = sum((Decimal(money["amount"]) for money in person["orders"]["spent"]), Decimal(0))
    probability = person["churn"]["probability"]
    return spent * Decimal(str(probability)) if probability is not None else spent / 2
