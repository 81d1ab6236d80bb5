"""Propose to the owner which people may be one: everybody is compared, whom the owner separated is left out."""

import msgspec

from regulars.identity.parked_links import PARKED_TEXTS, ParkedLink
from regulars.identity.proposals.pairs import SimilarPair, find_similar_pairs
from regulars.identity.proposals.person_records import PeopleTable, PersonRecord
from regulars.store.proposals import Proposal, Proposals

# More than an owner reviews in a week.
MAX_OPEN_PROPOSALS = 500


class ProposalReport(msgspec.Struct, frozen=True, kw_only=True):
    """The number of people compared, of pairs found, of those the owner separated, of open proposals and new ones.

    `linked` are the pairs that a statement names together, and a rule forbids to join.
    """

    people: int
    linked: int
    pairs: int
    separated: int
    open: int
    new: int


def propose_people(people: PeopleTable, proposals: Proposals, proposed_at: str) -> ProposalReport:
    """Replace the proposals by today's, at most MAX_OPEN_PROPOSALS; return what was found."""
    pairs = find_similar_pairs(_to_row(record) for record in people.records.values())
    open_pairs = [pair for pair in pairs if not people.is_separated(pair.left, pair.right)]
    linked = [_build_linked_proposal(link, proposed_at) for link in people.parked]
    known = {frozenset((link.first, link.second)) for link in people.parked}
    found = [
        *linked,
        *(
            _build_proposal(pair, proposed_at)
            for pair in open_pairs
            if frozenset((pair.left, pair.right)) not in known
        ),
    ][:MAX_OPEN_PROPOSALS]
    former = {(proposal.left, proposal.right) for proposal in proposals.read_proposals()}
    proposals.write_proposals(found)
    return ProposalReport(
        people=len(people.records),
        linked=len(linked),
        pairs=len(pairs),
        separated=len(pairs) - len(open_pairs),
        open=len(found),
        new=sum((proposal.left, proposal.right) not in former for proposal in found),
    )


def _to_row(record: PersonRecord) -> dict[str, str]:
    return {**record.contact, "id": record.name}


def _build_linked_proposal(link: ParkedLink, proposed_at: str) -> Proposal:
    return Proposal(
        left=link.first,
        right=link.second,
        probability=None,
        evidence=(PARKED_TEXTS[link.reason],),
        proposed_at=proposed_at,
    )


def _build_proposal(pair: SimilarPair, proposed_at: str) -> Proposal:
    return Proposal(
        left=pair.left,
        right=pair.right,
        probability=pair.probability,
        evidence=tuple(pair.evidence),
        proposed_at=proposed_at,
    )
