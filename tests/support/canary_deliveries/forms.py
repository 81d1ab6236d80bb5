"""The deliveries of forms."""

import json

from tests.support.canaries import (
    EMAIL,
    FIRST_NAME,
    FULL_NAME,
    LAST_NAME,
    LOCAL_PHONE,
    MESSAGE,
    PHONE,
    STREET_LINE,
)
from tests.support.canary_deliveries.delivery import (
    TIME,
    build_form,
    build_json,
    build_multipart,
)

# What the form asks → the answer, by the kind of field.
_ANSWERS = {
    "Your e-mail": ("email", EMAIL),
    "Phone": ("phone_number", PHONE),
    "Name": ("short_text", FULL_NAME),
    "Street": ("short_text", STREET_LINE),
    "How can we help?": ("long_text", MESSAGE),
}
_TYPEFORM_KEYS = {"short_text": "text", "long_text": "text"}
_TALLY_TYPES = {"email": "INPUT_EMAIL", "phone_number": "INPUT_PHONE_NUMBER"}
_JOTFORM_ANSWERS = {
    "q1_email": EMAIL,
    "q2_name": {"first": FIRST_NAME, "last": LAST_NAME},
    "q3_phone": {"full": LOCAL_PHONE},
    "q4_address": {"addr_line1": STREET_LINE},
    "q5_message": MESSAGE,
}

DELIVERIES = {
    "form": (
        build_form(
            email=EMAIL,
            name=FULL_NAME,
            phone=LOCAL_PHONE,
            street=STREET_LINE,
            message=MESSAGE,
            topic="delivery",
            company=FULL_NAME,
        ),
    ),
    "typeform": (
        build_json(
            {
                "event_id": "t1",
                "event_type": "form_response",
                "form_response": {
                    "form_id": "f",
                    "token": "tok",
                    "submitted_at": TIME,
                    "hidden": {"user_id": EMAIL, "note": MESSAGE},
                    "variables": [{"key": "name", "type": "text", "text": FULL_NAME}],
                    "definition": {
                        "fields": [
                            {"id": question, "title": question, "type": kind}
                            for question, (kind, _) in _ANSWERS.items()
                        ]
                    },
                    "answers": [
                        {
                            "type": _TYPEFORM_KEYS.get(kind, kind),
                            _TYPEFORM_KEYS.get(kind, kind): answer,
                            "field": {"id": question, "type": kind},
                        }
                        for question, (kind, answer) in _ANSWERS.items()
                    ],
                },
            }
        ),
    ),
    "tally": (
        build_json(
            {
                "eventId": "t1",
                "eventType": "FORM_RESPONSE",
                "createdAt": TIME,
                "data": {
                    "responseId": "r",
                    "submissionId": "r",
                    "formId": "f",
                    "createdAt": TIME,
                    "fields": [
                        {
                            "key": question,
                            "label": question,
                            "type": _TALLY_TYPES.get(kind, "INPUT_TEXT"),
                            "value": answer,
                        }
                        for question, (kind, answer) in _ANSWERS.items()
                    ],
                },
            }
        ),
    ),
    "google-forms": (
        build_json(
            {
                "formId": "f",
                "responseId": "r",
                "submittedAt": TIME,
                "respondentEmail": EMAIL,
                "answers": [
                    {"title": question, "type": "TEXT", "response": answer}
                    for question, (_, answer) in _ANSWERS.items()
                ],
            }
        ),
    ),
    "jotform": (
        build_multipart(
            formID="5",
            submissionID="6",
            formTitle="Contact",
            rawRequest=json.dumps(_JOTFORM_ANSWERS),
            pretty=f"Email:{EMAIL}, Name:{FULL_NAME}, Message:{MESSAGE}",
        ),
    ),
}
