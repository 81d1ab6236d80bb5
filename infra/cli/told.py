"""The demo's facts in a founder's words, with lines to paste."""

import json
from collections.abc import Mapping
from typing import Any

from infra.cli.api import Api
from infra.cli.console import table
from infra.cli.report import Facts


def lines(found: Facts, api: Api, urls: Mapping[str, str]) -> list[str]:
    """All that is printed."""
    counts = found["counts"]
    stored = "{events} events in, {profiles} people found, {products} products in the catalogue."
    return [
        "",
        stored.format(**counts),
        *_heading("Segments"),
        *table([(one["title"], one["size"], one["description"]) for one in found["segments"]]),
        *_heading("Most worth saving this week (risk of leaving x money spent)"),
        *(line for person in found["worth_saving"] for line in _person(person)),
        *_heading(f"For {_name(found['profile'])}, who orders most"),
        *_recommended(found["recommendations"]),
        *_heading(f"For an unknown visitor who looked at {found['seen']['product_name']}"),
        *_recommended(found["visitor"]),
        *_heading("Models"),
        *[f"  {line}" for line in _models(found)],
        *_heading("Try it"),
        *(f"  {line}" for line in tries(found, api, urls)),
    ]


def urls(base: str, found: Facts) -> dict[str, str]:
    """Where to look, by what is there."""
    profile = f"{base}/profiles/{found['profile']['id']}"
    return {
        "api": base,
        "openapi": f"{base}/openapi.json",
        "health": f"{base}/health",
        "track": f"{base}/v1/track",
        "lookup": f"{base}/profiles/lookup",
        "profile": profile,
        "recommendations": f"{profile}/recommendations?n=5",
        "visitor": f"{base}/recommendations?items={found['seen']['product_id']}&n=5",
        "segments": f"{base}/segments",
    }


def tries(found: Facts, api: Api, urls: Mapping[str, str]) -> list[str]:
    """The URLs, the keys and one line to paste for each."""
    viewed = {"product_id": found["seen"]["product_id"]}
    body = json.dumps({"event": "Product Viewed", "anonymousId": "me", "properties": viewed})
    email = json.dumps({"email": found["profile"]["contact"]["email"]})
    return [
        *(f"{scope} key: {key}" for scope, key in api.keys.items()),
        f"API document: {urls['openapi']}",
        f"curl -sS -u '{api.keys['write']}:' -d '{body}' '{urls['track']}'",
        f"curl -sS {_bearer(api, 'admin')} -d '{email}' '{urls['lookup']}'",
        f"curl -sS {_bearer(api, 'admin')} '{urls['profile']}'",
        f"curl -sS {_bearer(api, 'read')} '{urls['recommendations']}'",
        f"curl -sS {_bearer(api, 'read')} '{urls['visitor']}'",
        f"curl -sS {_bearer(api, 'admin')} '{urls['segments']}'",
    ]


def _bearer(api: Api, scope: str) -> str:
    return f"-H 'Authorization: Bearer {api.keys[scope]}'"


def _heading(text: str) -> list[str]:
    return ["", text]


def _person(person: Facts) -> list[str]:
    churn, orders = person["churn"], person["orders"]
    risk = "by rule" if churn["probability"] is None else f"{churn['probability']:.0%}"
    spent = ", ".join(f"{money['amount']} {money['currency']}" for money in orders["spent"])
    reasons = "; ".join(churn["reasons"])
    bought = f"{orders['count']} orders, {spent}, last {str(orders['last_at'])[:10]}"
    return [
        f"  {_name(person)}: risk {risk} ({churn['band']}), {bought}",
        f"    because {reasons}",
    ]


def _name(person: Facts) -> str:
    contact: dict[str, Any] = person.get("contact", {})
    return str(contact.get("email") or person["id"])


def _recommended(answer: Facts) -> list[str]:
    rows = [(one["name"] or one["product_id"], one["reason"]) for one in answer["items"]]
    return table(rows) if rows else ["  nothing yet"]


def _models(found: Facts) -> list[str]:
    """Each model beside what it had to beat."""
    metrics = {model: one["metrics"] for model, one in found["champions"].items()}
    told = [_MODELS[model](of) for model, of in metrics.items()]
    return told or ["none promoted: too little data, rules and popularity answer instead"]


def _segments(metrics: Mapping[str, Any]) -> str:
    return f"segments: {metrics['clusters']} groups found in the data, silhouette {metrics['silhouette']:.2f}"


def _churn(metrics: Mapping[str, Any]) -> str:
    rule = metrics["recency_rule"]["auc"]
    return (
        f"churn: AUC {metrics['auc']:.2f} (days since the last order alone: {rule:.2f}), "
        f"Brier {metrics['brier']:.3f}, on {metrics['n']} people later in time"
    )


def _recommender(metrics: Mapping[str, Any]) -> str:
    popular = metrics["popularity"]["new"]["ndcg10"]
    return (
        f"recommender: NDCG@10 {metrics['ndcg10']:.3f} on products new to the buyer "
        f"(bestsellers alone: {popular:.3f}), {metrics['coverage']:.0%} of the catalogue recommended"
    )


_MODELS = {"segments": _segments, "churn": _churn, "recommender": _recommender}
