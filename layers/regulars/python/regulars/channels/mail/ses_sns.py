"""Amazon SES through Amazon SNS: what became of every mail, signed by Amazon, for your own topic only.

Set it up
* In SNS: Topics → Create topic, standard. Open it and, under Edit → Delivery policy, leave raw message delivery off: a
  raw delivery is not signed and is refused. Signature version 2 (SHA-256) is the better one; both are understood.
* Run `regulars connect ses-sns` and give it the topic's ARN. It prints the URL to paste.
* In SES: Configuration sets → your set → Event destinations → Add destination: tick all events, choose SNS and the topic.
  Or for an identity without a set: Identities → your domain → Notifications → bounce, complaint and delivery feedback.
* In SNS: the topic → Create subscription, protocol HTTPS, endpoint the URL. SNS asks for a confirmation, which is given
  by itself, but only for the topic you named. No secret is needed: Amazon signs with keys of its own and changes them
  by itself. Should the subscription be ended, that is set aside and listed as subscription_ended: make it anew.

Events
* Send → Email Sent, Delivery → Email Delivered, Open → Email Opened, Click → Email Link Clicked,
* Bounce → Email Bounced, or Email Deferred when it is transient; DeliveryDelay → Email Deferred,
* Complaint → Email Marked as Spam, Reject and Rendering Failure → Email Dropped,
* Subscription (SES's list management) → Unsubscribed, or Subscribed when nothing was opted out of.
* A complaint or an unsubscribe also takes back the consent to e-mail; a subscribe gives it.

What is stored
* One event for each recipient it speaks of: type, time, message id, configuration set, the link clicked without its
  query, a bounce's kind and SMTP status. When a mail went to several, SES does not say which of them opened or clicked:
  that event names nobody.
* Addresses go to the people's contact data. Headers, subjects, tags, IP addresses, browsers and bounce texts are not kept.
* SES's message id, the event, its time and the recipient make it one event, whether told once, twice, or by two topics.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from regulars.channels.contract import Channel, ConfigField, Draft, NoSecret, Reply, Request
from regulars.channels.drafts import mail
from regulars.channels.fields.config_answers import split_list
from regulars.channels.fields.event_times import first_of, parsed
from regulars.channels.fields.json_values import a_list, an_object, objects, read_json
from regulars.channels.fields.redaction import clean_text, clean_token
from regulars.channels.signatures.sns import (
    CONFIRMATION,
    ENDED,
    NOTIFICATION,
    subscribe_url,
    verify_sns,
)
from regulars.domain.errors import InvalidEventError, InvalidRequestError, SignatureError

CHANNEL_NAME = "ses-sns"
TOPICS = {
    "Send": mail.SENT,
    "Delivery": mail.DELIVERED,
    "Open": mail.OPENED,
    "Click": mail.CLICKED,
    "Bounce": mail.BOUNCED,
    "Complaint": mail.COMPLAINED,
    "Reject": mail.DROPPED,
    "Rendering Failure": mail.DROPPED,
    "DeliveryDelay": mail.DEFERRED,
    "Subscription": mail.UNSUBSCRIBED,
}
# Where an event of the topic keeps its own time and recipients.
_DETAILS = {"Rendering Failure": "failure", "DeliveryDelay": "deliveryDelay"}
_RECIPIENTS = ("bouncedRecipients", "complainedRecipients", "delayedRecipients")
# What SES says to a topic that it may write to from now on.
_GREETING = "Successfully validated SNS topic"
_GREETING_TYPE = "AmazonSnsSubscriptionSucceeded"


def answer_handshake(request: Request, secrets: Sequence[str], now: datetime) -> Reply | None:
    """The confirmation of a subscription to a topic of ours."""
    if CONFIRMATION.encode() not in request.body:
        return None
    message = an_object(read_json(request.body))
    if message.get("Type") != CONFIRMATION:
        return None
    verify_delivery(request, secrets, now)
    url = subscribe_url(message)
    if request.certificates:
        request.certificates(url)
    return Reply()


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (Amazon's own keys)
    """RSA over the message's fields, in SHA-1 or SHA-256, by a certificate from SNS's own host."""
    message = read_json(request.body)
    if not isinstance(message, dict):
        raise SignatureError("missing")
    verify_sns(message, request)


def translate_delivery(request: Request) -> list[Draft]:
    """One event per recipient; none for what SNS and SES say of the subscription itself."""
    message = an_object(read_json(request.body))
    told = message.get("Message")
    if message.get("Type") == ENDED:
        raise InvalidEventError(
            "Amazon ended the subscription: make it anew.", "subscription_ended"
        )
    if message.get("Type") != NOTIFICATION or str(told).startswith(_GREETING):
        return []
    if not isinstance(told, str):
        raise InvalidRequestError("The notification has no message.", "invalid_json")
    event = an_object(read_json(told))
    topic = event.get("eventType") or event.get("notificationType")
    if topic == _GREETING_TYPE:
        return []
    type_ = mail.type_of(TOPICS, topic)
    detail = an_object(event.get(_DETAILS.get(str(topic), str(topic).lower())))
    type_ = _type(type_, detail)
    letters = _letters(type_, str(topic), detail, event, message)
    return [mail.letter_draft(CHANNEL_NAME, request, letter) for letter in letters]


def _type(type_: str, detail: dict[str, Any]) -> str:
    if type_ == mail.BOUNCED and detail.get("bounceType") == "Transient":
        return mail.DEFERRED
    if type_ == mail.UNSUBSCRIBED and not _is_opt_out(an_object(detail.get("newTopicPreferences"))):
        return mail.SUBSCRIBED
    return type_


def _is_opt_out(preferences: dict[str, Any]) -> bool:
    statuses = objects(preferences.get("topicSubscriptionStatus"))
    is_out = [status.get("subscriptionStatus") == "OptOut" for status in statuses]
    return preferences.get("unsubscribeAll") is not False or any(is_out)


def _letters(
    type_: str, topic: str, detail: dict[str, Any], event: dict[str, Any], message: dict[str, Any]
) -> list[mail.Letter]:
    sent = an_object(event.get("mail"))
    at = first_of(detail.get("timestamp"), sent.get("timestamp"), message.get("Timestamp"))
    message_id = str(sent.get("messageId") or message.get("MessageId"))
    found = _recipients(detail) or mail.addresses(sent.get("destination"))
    return [
        mail.Letter(
            type=type_,
            at=parsed(at),
            key=(message_id, topic, at, email.lower()),
            email=email,
            properties={"email_id": clean_text(message_id)} | _properties(type_, detail, sent),
            basis=topic,
        )
        for email in mail.readers(type_, found)
    ]


def _recipients(detail: dict[str, Any]) -> list[str]:
    """Of whom the event itself speaks, which may be fewer than the mail went to."""
    lists = (objects(detail.get(name)) for name in _RECIPIENTS)
    named = [recipient.get("emailAddress") for listed in lists for recipient in listed]
    return mail.addresses(named or detail.get("recipients"))


def _properties(type_: str, detail: dict[str, Any], sent: dict[str, Any]) -> dict[str, Any]:
    bounced = next(iter(objects(detail.get("bouncedRecipients"))), {})
    sets = a_list(an_object(sent.get("tags")).get("ses:configuration-set"))
    kind = "hard" if detail.get("bounceType") == "Permanent" else "soft"
    return {
        "configuration_set": clean_token(next(iter(sets), "")),
        "link_url": mail.link(detail.get("link")),
        "bounce_type": kind if type_ == mail.BOUNCED else "",
        "status": clean_token(bounced.get("status")),
        "reason": clean_token(detail.get("bounceSubType") or detail.get("complaintFeedbackType")),
    }


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Amazon SES",
    page=__doc__,
    secret=NoSecret(),
    verify=verify_delivery,
    translate=translate_delivery,
    answer_handshake=answer_handshake,
    config_fields={
        "topic_arns": ConfigField(
            question="The ARN of the SNS topic, or of several, separated by commas",
            normalize=split_list,
        )
    },
)
