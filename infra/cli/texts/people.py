"""Says who a person is, and what a decision changes."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from infra.cli.terminal import format_table
from regulars.domain.texts import format_count

APPLIED_TEXT = "Done. Take it back with: regulars people undo {}"
NO_PROPOSALS_TEXT = (
    "Nobody may be the same as another. Compare again with: regulars invoke propose_people"
)
UNKNOWN_TEXT = "(not stored)"  # the value of a user id, for example: only its keyed hash is stored
PREVIEW_TEXT = "This is a preview. Add --yes to record the decision."


def describe_person(view: Mapping[str, Any]) -> list[str]:
    """Return a person as lines: contact data, orders, identifiers, decisions and proposals."""
    lines = [f"{view['id']}  {_describe_numbers(view)}"]
    lines += [f"  {field}: {value}" for field, value in view["contact"].items()]
    lines += [
        f"  {claim['field']} may be {claim['value']}: only a browser says so ({claim['source']})"
        for claim in view["contact_claims"]
    ]
    return [
        *lines,
        *_list_identifiers(view["identifiers"]),
        *_list_decisions(view["decisions"]),
        *(line for one in view["proposals"] for line in _describe_proposal(one)),
    ]


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
            lines += _format_identifiers(person["identifiers"], indent="    ")
        lines += _describe_answers(*(_name_identifier(side) for side in one["identifiers"]))
    return lines


def _list_identifiers(identifiers: Iterable[Mapping[str, Any]]) -> list[str]:
    heading = ("kind", "identifier", "id", "first named", "evidence")
    rows = [
        (
            *_identifier_cells(one),
            one["first_named_at"][:10],
            "confirmed" if one["is_confirmed"] else "browser",
        )
        for one in identifiers
    ]
    return ["", *format_table([heading, *rows])]


def _list_decisions(decisions: Sequence[Mapping[str, Any]]) -> list[str]:
    if not decisions:
        return []
    heading = ("decision", "action", "between", "at", "undone by")
    rows = [
        (one["id"], one["action"], _describe_sides(one), one["at"][:10], one["undone_by"])
        for one in decisions
    ]
    return ["", *format_table([heading, *rows])]


def _describe_sides(decision: Mapping[str, Any]) -> str:
    """Return one identifier of each side, a known one if there is any, and how many more there are."""
    sides = [decision["left"], decision["right"]]
    return " and ".join(_describe_side(side) for side in sides if side)


def _describe_side(identifiers: Sequence[Mapping[str, Any]]) -> str:
    known = [one for one in identifiers if one["value"]]
    name = _name_identifier((known or identifiers)[0])
    return f"{name} (+{len(identifiers) - 1})" if len(identifiers) > 1 else name


def _describe_proposal(proposal: Mapping[str, Any]) -> list[str]:
    own = proposal["value"] or proposal["subject"]
    other = proposal["other_value"] or proposal["other_subject"]
    return [
        "",
        f"May be the same as {other} ({proposal['other_profile_id']}): {proposal['text']}.",
        *_describe_answers(own, other),
    ]


def _describe_answers(first: str, second: str) -> list[str]:
    names = f"{shlex.quote(first)} {shlex.quote(second)}"
    return [f"  regulars people {answer} {names} --yes" for answer in ("accept", "refuse")]


def _describe_people(people: Iterable[Mapping[str, Any]]) -> list[str]:
    lines = []
    for person in people:
        lines.append(f"  {person['id']}  {_describe_numbers(person)}")
        lines += _format_identifiers(person["identifiers"], indent="    ")
    return lines


def _format_identifiers(identifiers: Iterable[Mapping[str, Any]], indent: str) -> list[str]:
    return format_table([_identifier_cells(one) for one in identifiers], indent)


def _identifier_cells(identifier: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return the kind, the value in clear if it is known, and the id, which every command accepts."""
    kind = identifier["kind"].replace("_", " ")
    return kind, identifier["value"] or UNKNOWN_TEXT, identifier["subject"]


def _name_identifier(identifier: Mapping[str, Any]) -> str:
    return str(identifier["value"] or identifier["subject"])


def _describe_numbers(view: Mapping[str, Any]) -> str:
    orders = view["orders"]
    spent = ", ".join(f"{money['amount']} {money['currency']}" for money in orders["spent"])
    consents = ", ".join(
        f"{channel} {consent['status']}" for channel, consent in view["consent"].items()
    )
    counts = format_count(view["events"], "event"), format_count(orders["count"], "order")
    return ", ".join(filter(None, (*counts, spent, consents)))
