"""Show the contact data of a person."""

from typing import Any

from regulars.domain.contacts import Contact


def contact_view(contact: Contact) -> dict[str, Any]:
    """Return `contact`, the value of each field, and `contact_claims`, what browsers state otherwise."""
    claims = [
        {
            "field": claim.field,
            "value": claim.value,
            "source": claim.source,
            "stated_at": claim.at,
        }
        for claim in contact.claims
    ]
    return {"contact": contact.values, "contact_claims": claims}
