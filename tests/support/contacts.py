"""Build what events state of the contact data of a person."""

from collections.abc import Mapping

from regulars.domain.contacts import ContactStatement
from regulars.domain.trust import Trust


def build_contact_statement(
    subject: str,
    values: Mapping[str, str],
    at: str,
    trust: Trust = Trust.VERIFIED,
    source: str = "shopify/main",
) -> ContactStatement:
    """Return a statement; of a signed webhook by default."""
    return ContactStatement(subject=subject, values=dict(values), at=at, source=source, trust=trust)
