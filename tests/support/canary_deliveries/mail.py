"""The deliveries of e-mail providers."""

import json
from typing import Any

from tests.support.canaries import EMAIL, FIRST_NAME, FULL_NAME, LAST_NAME, MESSAGE, PHONE
from tests.support.canary_deliveries.delivery import EPOCH, TIME, build_form, build_json

_LINK = f"https://shop.example.com/?u={EMAIL}&name={FIRST_NAME}"
_BOUNCE_TEXT = f"550 5.1.1 <{EMAIL}> unknown; {MESSAGE}"
_SES_BOUNCE: dict[str, Any] = {
    "notificationType": "Bounce",
    "bounce": {
        "bounceType": "Permanent",
        "timestamp": TIME,
        "bouncedRecipients": [{"emailAddress": EMAIL, "diagnosticCode": _BOUNCE_TEXT}],
    },
    "mail": {
        "timestamp": TIME,
        "messageId": "m1",
        "source": f"{FULL_NAME} <{EMAIL}>",
        "destination": [EMAIL],
        "commonHeaders": {"subject": MESSAGE, "to": [EMAIL]},
    },
}

DELIVERIES = {
    "mailgun": (
        build_json(
            {
                "signature": {},
                "event-data": {
                    "id": "e1",
                    "event": "failed",
                    "severity": "permanent",
                    "reason": "bounce",
                    "recipient": EMAIL,
                    "timestamp": EPOCH,
                    "message": {"headers": {"to": EMAIL, "subject": MESSAGE, "message-id": "m"}},
                    "delivery-status": {"code": 550, "message": _BOUNCE_TEXT},
                    "user-variables": {"name": FULL_NAME, "note": MESSAGE},
                    "tags": [EMAIL],
                    "url": _LINK,
                },
            }
        ),
    ),
    "postmark": (
        build_json(
            {
                "RecordType": "Bounce",
                "ID": 1,
                "Type": "HardBounce",
                "MessageID": "m1",
                "Email": EMAIL,
                "From": "shop@example.org",
                "BouncedAt": TIME,
                "Description": _BOUNCE_TEXT,
                "Details": _BOUNCE_TEXT,
                "Subject": MESSAGE,
                "Tag": EMAIL,
                "Metadata": {"name": FULL_NAME},
            }
        ),
        build_json(
            {
                "MessageID": "m2",
                "FromFull": {"Email": EMAIL, "Name": FULL_NAME},
                "From": EMAIL,
                "Subject": MESSAGE,
                "TextBody": MESSAGE,
                "Date": "Fri, 20 Nov 2026 09:00:00 +0000",
            }
        ),
    ),
    "sendgrid": (
        build_json(
            [
                {
                    "event": "bounce",
                    "email": EMAIL,
                    "timestamp": EPOCH,
                    "sg_event_id": "e1",
                    "sg_message_id": "m1",
                    "smtp-id": f"<{EMAIL}>",
                    "reason": _BOUNCE_TEXT,
                    "status": "5.1.1",
                    "name": FULL_NAME,
                    "category": [EMAIL],
                },
                {
                    "event": "click",
                    "email": EMAIL,
                    "timestamp": EPOCH,
                    "sg_event_id": "e2",
                    "url": _LINK,
                },
            ]
        ),
    ),
    "resend": (
        build_json(
            {
                "type": "email.bounced",
                "created_at": TIME,
                "data": {
                    "email_id": "m1",
                    "created_at": TIME,
                    "to": [f"{FULL_NAME} <{EMAIL}>"],
                    "from": "shop@example.org",
                    "subject": MESSAGE,
                    "bounce": {"message": _BOUNCE_TEXT, "type": "Permanent"},
                    "tags": {"name": FULL_NAME},
                    "headers": [{"name": "X-Name", "value": FULL_NAME}],
                },
            }
        ),
    ),
    "mandrill": (
        build_form(
            mandrill_events=json.dumps(
                [
                    {
                        "event": "hard_bounce",
                        "_id": "m1",
                        "ts": EPOCH,
                        "msg": {
                            "_id": "m1",
                            "ts": EPOCH,
                            "email": EMAIL,
                            "subject": MESSAGE,
                            "diag": _BOUNCE_TEXT,
                            "tags": [EMAIL],
                            "metadata": {"name": FULL_NAME, "phone": PHONE},
                        },
                    }
                ]
            )
        ),
    ),
    "ses-sns": (
        build_json(
            {
                "Type": "Notification",
                "MessageId": "n1",
                "TopicArn": "arn:aws:sns:eu-west-1:123456789012:mail",
                "Timestamp": TIME,
                "Subject": MESSAGE,
                "Message": json.dumps(_SES_BOUNCE),
            },
            x_amz_sns_message_type="Notification",
        ),
    ),
    "brevo": (
        build_json(
            {
                "event": "hard_bounce",
                "email": EMAIL,
                "id": 1,
                "ts_epoch": EPOCH * 1000,
                "message-id": f"<{EMAIL}>",
                "reason": _BOUNCE_TEXT,
                "subject": MESSAGE,
                "tag": EMAIL,
                "link": _LINK,
            }
        ),
    ),
    "mailjet": (
        build_json(
            [
                {
                    "event": "bounce",
                    "time": EPOCH,
                    "MessageID": 1,
                    "email": EMAIL,
                    "comment": MESSAGE,
                    "error": _BOUNCE_TEXT,
                    "CustomID": FULL_NAME,
                    "Payload": MESSAGE,
                }
            ]
        ),
    ),
    "mailchimp": (
        build_form(
            type="profile",
            fired_at="2026-11-20 09:00:00",
            data__id="8a",
            data__list_id="a6",
            data__email=EMAIL,
            data__merges__EMAIL=EMAIL,
            data__merges__FNAME=FIRST_NAME,
            data__merges__LNAME=LAST_NAME,
            data__merges__PHONE=PHONE,
            data__merges__ADDRESS=MESSAGE,
        ),
    ),
}
