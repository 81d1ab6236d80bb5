"""What a person sees who sent a form from a page without scripts."""

from http import HTTPStatus
from typing import Any

THANKS = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Thank you</title><body style="font:1.1rem system-ui;margin:4rem auto;max-width:30rem"><h1>Thank you.</h1>
<p>We have received what you sent.</p></body></html>
"""


def thanked(location: str) -> dict[str, Any]:
    """A redirect to `location`, or a plain page of thanks when it is ''."""
    if location:
        return {"statusCode": int(HTTPStatus.SEE_OTHER), "headers": {"location": location}}
    headers = {"content-type": "text/html; charset=utf-8", "cache-control": "no-store"}
    return {"statusCode": int(HTTPStatus.OK), "headers": headers, "body": THANKS}
