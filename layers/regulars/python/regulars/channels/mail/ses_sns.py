"""Receive Amazon SES e-mail events through an Amazon SNS topic.

**Set up**

1. In SNS, go to Topics → Create topic and create a standard topic.
2. Open the topic, go to Edit → Delivery policy and leave raw message delivery disabled. A raw delivery is not signed
   and is rejected. Prefer signature version 2 (SHA-256). Version 1 is also accepted.
3. Run `regulars connect ses-sns` and enter the ARN of the topic. It prints the URL.
4. In SES, go to Configuration sets → your set → Event destinations → Add destination. Select all events, then choose
   SNS and the topic. For an identity without a configuration set, go to Identities → your domain → Notifications and
   set bounce, complaint and delivery feedback.
5. In SNS, open the topic and click Create subscription. Choose the protocol HTTPS and paste the URL as the endpoint.

Regulars confirms the subscription automatically, but only for the topic that you entered. No secret is required.
Amazon signs with its own keys and rotates them.

**Events**

* `Send` → Email Sent
* `Delivery` → Email Delivered
* `Open` → Email Opened
* `Click` → Email Link Clicked
* `Bounce` → Email Bounced, or Email Deferred if the bounce is transient
* `DeliveryDelay` → Email Deferred
* `Complaint` → Email Marked as Spam
* `Reject`, `Rendering Failure` → Email Dropped
* `Subscription` (SES list management) → Unsubscribed, or Subscribed if the contact opted out of nothing
* Any other event → a reject with the reason `unknown_topic`
* End of the SNS subscription → a reject with the reason `subscription_ended`. Create the subscription again.

A complaint or an unsubscribe also withdraws the consent to e-mail. A subscribe grants it.

**Stored**

* One event for each affected recipient: type, time, message ID, configuration set, the clicked link without its
  query, and the kind and SMTP status of a bounce.
* E-mail addresses as contact data.

**Not stored**: headers, subjects, tags, IP addresses, browsers and bounce texts.

**Notes**

* Several recipients: SES does not report which recipient opened or clicked. Such an event is not assigned to a
  person.
* Duplicates: the SES message ID, the event, its time and the recipient identify an event, even if it arrives twice or
  through two topics.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from regulars.channels.contract import Channel, ConfigField, Draft, NoSecret, Reply, Request
from regulars.channels.drafts import mail
from regulars.channels.fields.config_answers import split_list
from regulars.channels.fields.event_times import format_first_time, parse_time
from regulars.channels.fields.json_values import as_list, as_object, list_objects, parse_json
from regulars.channels.fields.redaction import clean_text, clean_token
from regulars.channels.signatures.sns import (
    CONFIRMATION_TYPE,
    NOTIFICATION_TYPE,
    UNSUBSCRIBE_TYPE,
    read_subscribe_url,
    verify_sns_message,
)
from regulars.domain.errors import InvalidEventError, InvalidRequestError, SignatureError

CHANNEL_NAME = "ses-sns"
TOPICS = {
    "Send": mail.EMAIL_SENT,
    "Delivery": mail.EMAIL_DELIVERED,
    "Open": mail.EMAIL_OPENED,
    "Click": mail.EMAIL_LINK_CLICKED,
    "Bounce": mail.EMAIL_BOUNCED,
    "Complaint": mail.EMAIL_MARKED_AS_SPAM,
    "Reject": mail.EMAIL_DROPPED,
    "Rendering Failure": mail.EMAIL_DROPPED,
    "DeliveryDelay": mail.EMAIL_DEFERRED,
    "Subscription": mail.UNSUBSCRIBED_TYPE,
}
# Topic → the field that contains the time and the recipients of the event. For other topics it is the lower-case topic.
_DETAIL_FIELDS = {"Rendering Failure": "failure", "DeliveryDelay": "deliveryDelay"}
_RECIPIENT_FIELDS = ("bouncedRecipients", "complainedRecipients", "delayedRecipients")
# SES publishes this message when it may publish to the topic from now on.
_VALIDATION_PREFIX = "Successfully validated SNS topic"
_VALIDATION_TYPE = "AmazonSnsSubscriptionSucceeded"


def answer_handshake(request: Request, secrets: Sequence[str], now: datetime) -> Reply | None:
    """Confirm a subscription to a configured topic."""
    if CONFIRMATION_TYPE.encode() not in request.body:
        return None
    message = as_object(parse_json(request.body))
    if message.get("Type") != CONFIRMATION_TYPE:
        return None
    verify_delivery(request, secrets, now)
    url = read_subscribe_url(message)
    if request.certificates:
        request.certificates(url)
    return Reply()


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (Amazon signs with its own keys)
    """Verify the RSA signature (SHA-1 or SHA-256) of the message fields with a certificate from an SNS host."""
    message = parse_json(request.body)
    if not isinstance(message, dict):
        raise SignatureError("missing")
    verify_sns_message(message, request)


def translate_delivery(request: Request) -> list[Draft]:
    """Return one event per recipient; none for messages about the subscription itself."""
    message = as_object(parse_json(request.body))
    text = message.get("Message")
    if message.get("Type") == UNSUBSCRIBE_TYPE:
        raise InvalidEventError(
            "Amazon ended the SNS subscription. Create it again.", "subscription_ended"
        )
    if message.get("Type") != NOTIFICATION_TYPE or str(text).startswith(_VALIDATION_PREFIX):
        return []
    if not isinstance(text, str):
        raise InvalidRequestError("The notification has no message.", "invalid_json")
    event = as_object(parse_json(text))
    topic = event.get("eventType") or event.get("notificationType")
    if topic == _VALIDATION_TYPE:
        return []
    type_ = mail.find_event_type(TOPICS, topic)
    detail = as_object(event.get(_DETAIL_FIELDS.get(str(topic), str(topic).lower())))
    type_ = _select_type(type_, detail)
    mail_events = _build_events(type_, str(topic), detail, event, message)
    return [mail.build_mail_draft(CHANNEL_NAME, request, mail_event) for mail_event in mail_events]


def _select_type(type_: str, detail: dict[str, Any]) -> str:
    if type_ == mail.EMAIL_BOUNCED and detail.get("bounceType") == "Transient":
        return mail.EMAIL_DEFERRED
    if type_ == mail.UNSUBSCRIBED_TYPE and not _is_opt_out(
        as_object(detail.get("newTopicPreferences"))
    ):
        return mail.SUBSCRIBED_TYPE
    return type_


def _is_opt_out(preferences: dict[str, Any]) -> bool:
    statuses = list_objects(preferences.get("topicSubscriptionStatus"))
    opt_outs = [status.get("subscriptionStatus") == "OptOut" for status in statuses]
    return preferences.get("unsubscribeAll") is not False or any(opt_outs)


def _build_events(
    type_: str, topic: str, detail: dict[str, Any], event: dict[str, Any], message: dict[str, Any]
) -> list[mail.MailEvent]:
    email_fields = as_object(event.get("mail"))
    at = format_first_time(
        detail.get("timestamp"), email_fields.get("timestamp"), message.get("Timestamp")
    )
    message_id = str(email_fields.get("messageId") or message.get("MessageId"))
    addresses = _list_recipients(detail) or mail.parse_addresses(email_fields.get("destination"))
    return [
        mail.MailEvent(
            type=type_,
            at=parse_time(at),
            key=(message_id, topic, at, email.lower()),
            email=email,
            properties={"email_id": clean_text(message_id)}
            | _build_properties(type_, detail, email_fields),
            basis=topic,
        )
        for email in mail.select_recipients(type_, addresses)
    ]


def _list_recipients(detail: dict[str, Any]) -> list[str]:
    """Return the recipients that the event names, which can be fewer than those of the e-mail."""
    lists = (list_objects(detail.get(name)) for name in _RECIPIENT_FIELDS)
    addresses = [recipient.get("emailAddress") for recipients in lists for recipient in recipients]
    return mail.parse_addresses(addresses or detail.get("recipients"))


def _build_properties(
    type_: str, detail: dict[str, Any], email_fields: dict[str, Any]
) -> dict[str, Any]:
    bounce = next(iter(list_objects(detail.get("bouncedRecipients"))), {})
    configuration_sets = as_list(as_object(email_fields.get("tags")).get("ses:configuration-set"))
    kind = "hard" if detail.get("bounceType") == "Permanent" else "soft"
    return {
        "configuration_set": clean_token(next(iter(configuration_sets), "")),
        "link_url": mail.clean_link(detail.get("link")),
        "bounce_type": kind if type_ == mail.EMAIL_BOUNCED else "",
        "status": clean_token(bounce.get("status")),
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
            question="The ARN of the SNS topic; separate several ARNs by commas",
            normalize=split_list,
        )
    },
)
