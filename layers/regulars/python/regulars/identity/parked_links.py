"""Say why a link joins nobody: the reasons, as docs/identity.md lists them."""

import msgspec

# What the owner reads about a parked link, by its reason.
PARKED_TEXTS = {
    "claim": "only a browser says so",
    "hub": "one of them is linked to too many identifiers",
    "phone_only": "only a phone number connects them",
    "separated": "you separated them",
    "too_many": "they have too many identifiers of one kind together",
    "two_user_ids": "each has a user id of its own",
}


class ParkedLink(msgspec.Struct, frozen=True, order=True):
    """A link that joins nobody, with the rule that it breaks."""

    first: str
    second: str
    reason: str
