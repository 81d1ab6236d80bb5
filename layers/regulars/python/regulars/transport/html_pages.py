"""Build the response to a browser that sent a form from a page without scripts."""

from http import HTTPStatus

from regulars.transport.responses import HttpResponse

THANK_YOU_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Thank you</title><body style="font:1.1rem system-ui;margin:4rem auto;max-width:30rem"><h1>Thank you.</h1>
<p>We have received what you sent.</p></body></html>
"""


def build_thank_you_response(next_url: str) -> HttpResponse:
    """Return a redirect to `next_url`, or a plain page of thanks when it is ''."""
    if next_url:
        return {"statusCode": int(HTTPStatus.SEE_OTHER), "headers": {"location": next_url}}
    headers = {"content-type": "text/html; charset=utf-8", "cache-control": "no-store"}
    return {"statusCode": int(HTTPStatus.OK), "headers": headers, "body": THANK_YOU_PAGE}
