"""Describes the facts of the demo in lines, with commands to paste."""

import json
from collections.abc import Mapping
from typing import Any

from infra.cli.demo.api_client import ApiClient
from infra.cli.demo.report import Facts
from infra.cli.first_keys import list_key_lines
from infra.cli.terminal import format_table
from regulars.domain.texts import format_count

SCHEME_HEADINGS = {
    "rfm": "Segments by recency, frequency and money",
    "kmeans": "The same people by what they have in common (clusters)",
}


def describe_facts(facts: Facts, client: ApiClient, urls: Mapping[str, str]) -> list[str]:
    """Return all lines of the report."""
    counts = facts["counts"]
    words = {"events": "event", "profiles": "person", "products": "product in the catalog"}
    described = ", ".join(format_count(counts[name], noun) for name, noun in words.items())
    return [
        "",
        f"{described}.",
        *(line for pair in SCHEME_HEADINGS.items() for line in _describe_scheme(*pair, facts)),
        *_format_heading("Most worth saving this week (churn risk x money spent)"),
        *(line for person in facts["worth_saving"] for line in _describe_person(person)),
        *_format_heading(f"For {_name_of(facts['profile'])}, who orders most"),
        *_list_products(facts["recommendations"]),
        *_format_heading(f"For an unknown visitor who viewed {facts['seen']['product_name']}"),
        *_list_products(facts["visitor"]),
        *_format_heading("Models"),
        *[f"  {line}" for line in _describe_models(facts)],
        *_format_heading("Try it"),
        *(f"  {line}" for line in list_commands(facts, client, urls)),
    ]


def _describe_scheme(scheme: str, heading: str, facts: Facts) -> list[str]:
    """Return the segments of one scheme; everybody who bought is in one segment of each scheme."""
    rows = [
        (segment["title"], segment["size"], segment["description"])
        for segment in facts["segments"]
        if segment["scheme"] == scheme
    ]
    return [*_format_heading(heading), *format_table(rows)] if rows else []


def list_urls(base: str, facts: Facts) -> dict[str, str]:
    """Return the URLs of the report by what they return."""
    profile = f"{base}/profiles/{facts['profile']['id']}"
    return {
        "api": base,
        "openapi": f"{base}/openapi.json",
        "health": f"{base}/health",
        "track": f"{base}/v1/track",
        "lookup": f"{base}/profiles/lookup",
        "profile": profile,
        "recommendations": f"{profile}/recommendations?n=5",
        "visitor": f"{base}/recommendations?items={facts['seen']['product_id']}&n=5",
        "segments": f"{base}/segments",
    }


def list_commands(facts: Facts, client: ApiClient, urls: Mapping[str, str]) -> list[str]:
    """Return the keys, and a command to paste for each URL."""
    viewed = {"product_id": facts["seen"]["product_id"]}
    body = json.dumps({"event": "Product Viewed", "anonymousId": "me", "properties": viewed})
    email = json.dumps({"email": facts["profile"]["contact"]["email"]})
    admin, read = _format_bearer_option(client, "admin"), _format_bearer_option(client, "read")
    return [
        *list_key_lines(client.keys, "key: "),
        f"API document: {urls['openapi']}",
        f"curl -sS -u '{client.keys['browser']}:' -d '{body}' '{urls['track']}'",
        f"curl -sS {admin} -d '{email}' '{urls['lookup']}'",
        f"curl -sS {admin} '{urls['profile']}'",
        f"curl -sS {read} '{urls['recommendations']}'",
        f"curl -sS {read} '{urls['visitor']}'",
        f"curl -sS {admin} '{urls['segments']}'",
    ]


def _format_bearer_option(client: ApiClient, scope: str) -> str:
    return f"-H 'Authorization: Bearer {client.keys[scope]}'"


def _format_heading(text: str) -> list[str]:
    return ["", text]


def _describe_person(person: Facts) -> list[str]:
    churn, orders = person["churn"], person["orders"]
    risk = "unknown" if churn["probability"] is None else f"{churn['probability']:.0%}"
    spent = ", ".join(f"{money['amount']} {money['currency']}" for money in orders["spent"])
    reasons = "; ".join(churn["reasons"]) or "nothing sets them apart"
    purchases = (
        f"{format_count(orders['count'], 'order')}, {spent}, last {str(orders['last_at'])[:10]}"
    )
    return [
        f"  {_name_of(person)}: risk {risk} ({churn['band']}), {purchases}",
        f"    because {reasons}",
    ]


def _name_of(person: Facts) -> str:
    contact: dict[str, Any] = person.get("contact", {})
    return str(contact.get("email") or person["id"])


def _list_products(recommendations: Facts) -> list[str]:
    rows = [
        (item["name"] or item["product_id"], item["reason"]) for item in recommendations["items"]
    ]
    return format_table(rows) if rows else ["  nothing yet"]


def _describe_models(facts: Facts) -> list[str]:
    """Return each model beside what it had to beat."""
    metrics = {model: champion["metrics"] for model, champion in facts["champions"].items()}
    lines = [_DESCRIPTIONS[model](of_model) for model, of_model in metrics.items()]
    return lines or ["no champion: too little data, so rules and popularity answer instead"]


def _describe_segments(metrics: Mapping[str, Any]) -> str:
    if "clusters" not in metrics:
        return f"segments: by recency, frequency and money alone. {metrics['kmeans_status']}"
    silhouette = metrics["silhouette"]
    return f"segments: {metrics['clusters']} clusters in the data, silhouette {silhouette:.2f}"


def _describe_churn(metrics: Mapping[str, Any]) -> str:
    rule = metrics["recency_rule"]["auc"]
    return (
        f"churn: AUC {metrics['auc']:.2f} (days since the last order alone: {rule:.2f}), "
        f"Brier {metrics['brier']:.3f}, on {format_count(metrics['n'], 'person')} later in time"
    )


def _describe_recommender(metrics: Mapping[str, Any]) -> str:
    popular = metrics["popularity"]["new"]["ndcg10"]
    return (
        f"recommender: NDCG@10 {metrics['ndcg10']:.3f} on products new to the buyer "
        f"(bestsellers alone: {popular:.3f}), {metrics['coverage']:.0%} of the catalog recommended"
    )


_DESCRIPTIONS = {
    "segments": _describe_segments,
    "churn": _describe_churn,
    "recommender": _describe_recommender,
}
