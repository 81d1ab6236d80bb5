"""Read the person of a tracking message: identifiers, contact data and traits."""

from typing import Any

from regulars.channels.fields.json_values import as_list, as_object
from regulars.channels.fields.person import PersonBuilder
from regulars.channels.fields.redaction import clean_text, looks_personal
from regulars.channels.tracking.sdk_message import TrackingMessage

_EXTERNAL_ID_TYPES = ("email", "phone", "user_id", "anonymous_id")
MAX_TRAIT_CHARACTERS = 64


def read_person(message: TrackingMessage, default_country: str) -> PersonBuilder:
    """Return the person whom the message, its traits and its context identify.

    The identifiers are in the order in which a browser's message may name one of each kind: an alias's previousId,
    userId, anonymousId, traits, context.traits, context.externalIds.
    """
    person = PersonBuilder(default_country)
    _add_sender(person, message)
    # An alias without another identifier links nobody.
    if message.type != "alias" or not person.identifiers:
        return person
    # SDKs alias an anonymous id to a user id; older SDKs alias one user id to another. An id that the message itself calls
    # anonymous is a device, which a second person may use.
    alias = PersonBuilder(default_country)
    alias.add_identifier("anonymous_id", message.previous_id)
    _add_sender(alias, message)
    if message.previous_id != message.anonymous_id:
        alias.add_identifier("user_id", message.previous_id)
    return alias


def _add_sender(person: PersonBuilder, message: TrackingMessage) -> None:
    person.add_identifier("user_id", message.user_id)
    person.add_identifier("anonymous_id", message.anonymous_id)
    if message.type != "group":  # the traits of a group describe a company
        person.add_contact(message.traits or {})
    context = message.context or {}
    person.add_contact(as_object(context.get("traits")))
    _add_external_ids(person, context)


def _add_external_ids(person: PersonBuilder, context: dict[str, Any]) -> None:
    for external_id in as_list(context.get("externalIds")):
        namespace = as_object(external_id).get("type")
        if namespace in _EXTERNAL_ID_TYPES:
            person.add_identifier(str(namespace), external_id.get("id"))


def read_traits(message: TrackingMessage) -> dict[str, str]:
    """Return the traits that do not identify the person."""
    context, traits = message.context or {}, as_object((message.context or {}).get("traits"))
    if message.type == "identify":
        traits = traits | (message.traits or {})
    country = traits.get("country") or as_object(traits.get("address")).get("country")
    values = {
        "country": country,
        "locale": context.get("locale") or traits.get("locale"),
        "timezone": context.get("timezone") or traits.get("timezone"),
    }
    texts = {name: clean_text(value) for name, value in values.items()}
    return {name: text for name, text in texts.items() if _is_storable_trait(text)}


def _is_storable_trait(text: str) -> bool:
    return 0 < len(text) <= MAX_TRAIT_CHARACTERS and not looks_personal(text)
