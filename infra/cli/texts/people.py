"""Says who a person is, and what a decision changes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from infra.cli.terminal import format_table

APPLIED_TEXT = "Done. Take it back with: regulars people undo {}"
NO_PROPOSALS_TEXT = (
    "Nobody may be the same as another. Compare again with: regulars invoke propose_people"
)
PREVIEW_TEXT = "This is a preview. Add --yes to record the decision."


def describe_person(view: Mapping[str, Any]) -> list[str]:
    """Return a person as lines: contact data, orders, identifiers, decisions and proposals."""
    lines = [f"{view['id']}  {_describe_numbers(view)}"]
    lines += [f"  {field}: {value}" for field, value in view["contact"].items()]
    lines += [
        f"  {claim['field']} may be {claim['value']}: only a browser says so ({claim['source']})"
        for claim in view["contact_claims"]
    ]
    heading = ("identifier", "kind", "first named", "evidence")
    rows = [
        (
            one["subject"],
            one["kind"],
            one["first_named_at"][:10],
            "confirmed" if one["is_confirmed"] else "browser",
        )
        for one in view["identifiers"]
    ]
    lines += ["", *format_table([heading, *rows])]
    if view["decisions"]:
        heading = ("decision", "action", "at", "undone by")
        decisions = [
            (one["id"], one["action"], one["at"][:10], one["undone_by"])
            for one in view["decisions"]
        ]
        lines += ["", *format_table([heading, *decisions])]
    for one in view["proposals"]:
        lines += [
            "",
            f"May be the same as {one['other_profile_id']}: {one['text']}.",
            *_describe_answers(one["subject"], one["other_subject"]),
        ]
    return lines


def describe_decision(view: Mapping[str, Any]) -> list[str]:
    """Return what a decision changes as lines, and how to go on."""
    if not view["before"] and not view["after"]:
        lines = ["Nobody changes now; the decision holds for what comes."]
    else:
        lines = ["Now:", *_describe_people(view["before"])]
        lines += ["Then:", *_describe_people(view["after"])]
    return [*lines, APPLIED_TEXT.format(view["decision"]) if view["applied"] else PREVIEW_TEXT]


def describe_proposals(proposals: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the pairs of people who may be one as lines, with the commands that decide."""
    if not proposals:
        return [NO_PROPOSALS_TEXT]
    lines: list[str] = []
    for one in proposals:
        likelihood = f"{one['probability']:.0%}" if one["probability"] else "linked"
        lines.append(f"{likelihood}  {', '.join(one['evidence'])}")
        for person in one["people"]:
            values = ", ".join(person["contact"].values())
            lines.append(f"  {person['id']}  {values}")
        lines += _describe_answers(*one["identifiers"])
    return lines


def _describe_answers(first: str, second: str) -> list[str]:
    return [
        f"  regulars people accept {first} {second} --yes",
        f"  regulars people refuse {first} {second} --yes",
    ]


def _describe_people(people: Iterable[Mapping[str, Any]]) -> list[str]:
    lines = []
    for person in people:
        lines.append(f"  {person['id']}  {_describe_numbers(person)}")
        lines += [f"    {subject}" for subject in person["identifiers"]]
    return lines


def _describe_numbers(view: Mapping[str, Any]) -> str:
    orders = view["orders"]
    spent = ", ".join(f"{money['amount']} {money['currency']}" for money in orders["spent"])
    consents = ", ".join(
        f"{channel} {consent['status']}" for channel, consent in view["consent"].items()
    )
    parts = [f"{view['events']} events", f"{orders['count']} orders", spent, consents]
    return ", ".join(filter(None, parts))
