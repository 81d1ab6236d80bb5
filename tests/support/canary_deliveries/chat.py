"""The deliveries of messengers."""

from typing import Any

from tests.support.canaries import (
    CITY_NAME,
    EMAIL,
    FIRST_NAME,
    FULL_NAME,
    LAST_NAME,
    MESSAGE,
    PHONE,
    USER_NAME,
)
from tests.support.canary_deliveries.delivery import (
    EPOCH,
    CanaryDelivery,
    build_form,
    build_json,
    build_xml,
)

_WHATSAPP_ID = PHONE.removeprefix("+")
_TELEGRAM_PERSON: dict[str, Any] = {
    "id": 7,
    "first_name": FIRST_NAME,
    "last_name": LAST_NAME,
    "username": USER_NAME,
    "language_code": "en",
}


def _build_meta(object_: str, **entry: Any) -> CanaryDelivery:
    return build_json({"object": object_, "entry": [{"id": "1", "time": EPOCH} | entry]})


DELIVERIES = {
    "whatsapp": (
        _build_meta(
            "whatsapp_business_account",
            changes=[
                {
                    "field": "messages",
                    "value": {
                        "messaging_product": "whatsapp",
                        "metadata": {"display_phone_number": "15550001", "phone_number_id": "9"},
                        "contacts": [{"profile": {"name": FULL_NAME}, "wa_id": _WHATSAPP_ID}],
                        "messages": [
                            {
                                "from": _WHATSAPP_ID,
                                "id": "wamid.1",
                                "timestamp": str(EPOCH),
                                "type": "text",
                                "text": {"body": f"{MESSAGE} {EMAIL}"},
                                "context": {"from": _WHATSAPP_ID, "id": "wamid.0"},
                            }
                        ],
                    },
                }
            ],
        ),
        _build_meta(
            "whatsapp_business_account",
            changes=[
                {
                    "field": "messages",
                    "value": {
                        "metadata": {"phone_number_id": "9"},
                        "statuses": [
                            {
                                "id": "wamid.2",
                                "status": "failed",
                                "timestamp": str(EPOCH),
                                "recipient_id": _WHATSAPP_ID,
                                "errors": [{"code": 131, "title": MESSAGE, "message": PHONE}],
                            }
                        ],
                    },
                }
            ],
        ),
    ),
    "messenger": (
        _build_meta(
            "page",
            messaging=[
                {
                    "sender": {"id": "PSID1"},
                    "recipient": {"id": "1"},
                    "timestamp": EPOCH * 1000,
                    "message": {"mid": "m1", "text": f"{MESSAGE} {EMAIL} {PHONE}"},
                }
            ],
        ),
    ),
    "instagram": (
        _build_meta(
            "instagram",
            changes=[
                {
                    "field": "comments",
                    "value": {
                        "id": "c1",
                        "from": {"id": "232", "username": USER_NAME},
                        "text": f"{MESSAGE} {EMAIL}",
                        "media": {"id": "12", "media_product_type": "FEED"},
                    },
                }
            ],
        ),
    ),
    "line": (
        build_json(
            {
                "destination": "U1",
                "events": [
                    {
                        "type": "message",
                        "timestamp": EPOCH * 1000,
                        "webhookEventId": "e1",
                        "source": {"type": "user", "userId": "U206"},
                        "message": {
                            "id": "1",
                            "type": "text",
                            "text": f"{MESSAGE} {EMAIL} {PHONE}",
                        },
                    },
                    {
                        "type": "postback",
                        "timestamp": EPOCH * 1000,
                        "webhookEventId": "e2",
                        "source": {"type": "user", "userId": "U206"},
                        "postback": {"data": f"email={EMAIL}", "params": {"note": MESSAGE}},
                    },
                ],
            }
        ),
    ),
    "telegram": (
        build_json(
            {
                "update_id": 1,
                "message": {
                    "message_id": 1,
                    "date": EPOCH,
                    "from": _TELEGRAM_PERSON,
                    "chat": _TELEGRAM_PERSON | {"type": "private"},
                    "contact": {"phone_number": PHONE, "first_name": FIRST_NAME, "user_id": 7},
                },
            }
        ),
        build_json(
            {
                "update_id": 2,
                "message": {
                    "message_id": 2,
                    "date": EPOCH,
                    "from": _TELEGRAM_PERSON,
                    "chat": _TELEGRAM_PERSON | {"type": "private"},
                    "text": f"/start {EMAIL} {MESSAGE}",
                },
            }
        ),
        build_json(
            {
                "update_id": 3,
                "callback_query": {
                    "id": "4",
                    "from": _TELEGRAM_PERSON,
                    "data": f"{EMAIL} {MESSAGE}",
                    "message": {"message_id": 2, "date": EPOCH, "chat": _TELEGRAM_PERSON},
                },
            }
        ),
    ),
    "twilio": (
        build_form(
            SmsStatus="received",
            MessageSid="SM1",
            SmsSid="SM1",
            AccountSid="AC1",
            From=PHONE,
            To="+15550001111",
            Body=f"{MESSAGE} {EMAIL}",
            FromCity=CITY_NAME,
            ProfileName=FULL_NAME,
            NumMedia="0",
        ),
    ),
    "wechat": (
        build_xml(
            ToUserName="us",
            FromUserName="o1",
            CreateTime=str(EPOCH),
            MsgType="text",
            Content=f"{MESSAGE} {EMAIL} {PHONE}",
            MsgId="1",
        ),
        build_xml(
            ToUserName="us",
            FromUserName="o1",
            CreateTime=str(EPOCH),
            MsgType="event",
            Event="CLICK",
            EventKey=f"{EMAIL} {MESSAGE}",
        ),
    ),
    "wecom": (
        build_xml(
            ToUserName="us",
            FromUserName="o1",
            CreateTime=str(EPOCH),
            MsgType="text",
            Content=f"{MESSAGE} {EMAIL} {PHONE}",
            MsgId="1",
            AgentID="1",
        ),
    ),
}
