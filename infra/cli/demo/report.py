"""Gathers the facts of the demo's report through the API, as a shop would."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from infra.cli.demo.api_client import ApiClient
from infra.local.sample_shop import SampleShop
from regulars.admin.deployment import Deployment
from regulars.admin.item_counts import count_items
from regulars.admin.models import ModelStores, read_champions
from regulars.admin.people import PeopleStores
from regulars.profiles.served_profiles import ServedProfiles
from regulars.store import clients

MAX_SAVED_PEOPLE = 5  # shown as worth saving
MAX_RECOMMENDATIONS = 5
MIN_REGULAR_ORDERS = 2  # a buyer of one order was never won


type Facts = dict[str, Any]


def gather_facts(deployment: Deployment, client: ApiClient, shop: SampleShop) -> Facts:
    """Return everything that the demo prints and writes."""
    segments = client.get("/segments")["segments"]
    rfm = [segment["name"] for segment in segments if segment["scheme"] == "rfm"]
    people = [person for name in rfm for person in client.list_members(name)]
    profile = client.find_profile(shop.regular["email"])
    viewed = shop.bestsellers[2]
    limit = MAX_RECOMMENDATIONS
    recommendations = client.get(f"/profiles/{profile['id']}/recommendations", "read", n=limit)
    champions = read_champions(ModelStores.from_deployment(deployment))
    return {
        "counts": count_items(clients.create_dynamodb_client(), deployment),
        "segments": segments,
        "champions": msgspec.to_builtins(champions),
        "worth_saving": add_contacts(deployment, rank_worth_saving(people)),
        "profile": profile,
        "recommendations": recommendations,
        "seen": viewed,
        "visitor": client.get("/recommendations", "read", items=viewed["product_id"], n=limit),
    }


def rank_worth_saving(people: Iterable[Facts]) -> list[Facts]:
    """Return the repeat buyers of high risk with the most money at stake: churn risk times spent money, without lost buyers."""
    leaving = [
        person
        for person in people
        if person["churn"]["band"] == "high"
        and person["orders"]["count"] >= MIN_REGULAR_ORDERS
        and person["lifecycle"]["stage"] != "lost"
    ]
    ranked = sorted(leaving, key=lambda person: (-_compute_money_at_stake(person), person["id"]))
    return ranked[:MAX_SAVED_PEOPLE]


def add_contacts(deployment: Deployment, people: Sequence[Facts]) -> list[Facts]:
    """Return the same people with their contact data, which the API gives of one person at a time."""
    profiles = ServedProfiles(deployment.profiles_table).read_with_scores(
        person["id"] for person in people
    )
    store = PeopleStores.from_deployment(deployment).contacts
    contacts = {
        profile.profile_id: store.read_contact(profile.subjects).values for profile in profiles
    }
    return [person | {"contact": contacts.get(person["id"], {})} for person in people]


def build_document(facts: Facts, urls: dict[str, str], seconds: float) -> Facts:
    """Return the facts for programs: build/demo.json."""
    metrics = {model: champion["metrics"] for model, champion in facts["champions"].items()}
    churn, recommender = metrics.get("churn", {}), metrics.get("recommender", {})
    return {
        "events": facts["counts"]["events"],
        "profiles": facts["counts"]["profiles"],
        "segments": [
            {name: segment[name] for name in ("id", "name", "size")}
            for segment in facts["segments"]
        ],
        "churn": {name: churn.get(name) for name in ("auc", "brier", "n")},
        "recommender": {name: recommender.get(name) for name in ("ndcg10", "coverage")},
        "sample_profile": facts["profile"],
        "sample_recommendations": facts["recommendations"],
        "urls": urls,
        "seconds": round(seconds, 1),
    }


def _compute_money_at_stake(person: Facts) -> Decimal:
    spent = sum((Decimal(money["amount"]) for money in person["orders"]["spent"]), Decimal(0))
    probability = person["churn"]["probability"]
    return spent * Decimal(str(probability)) if probability is not None else spent / 2
