"""A webhook function starts without any provider's code, and a delivery imports that of its own provider only."""

import json
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from regulars import admin
from regulars.channels.registry import CHANNELS, EXPORT_FORMATS, FEED_PROVIDERS
from regulars.settings import ReceiveWebhookSettings, ServeProfilesSettings, TrackEventsSettings
from tests.support.aws import REGION

ROOT = Path(__file__).parents[3]
SDKS = {
    *("shopify", "woocommerce", "stripe", "square", "squareup", "paypalrestsdk", "paypalserversdk"),
    *("paddle_billing", "lemonsqueezy", "gumroad", "typeform", "jotform", "sendgrid", "postmarker"),
    *("mailgun", "resend", "mailchimp_marketing", "mailchimp_transactional", "mandrill"),
    *("brevo_python", "sib_api_v3_sdk", "mailjet_rest", "pywa", "facebook_business", "wechatpy"),
    *("linebot", "telegram", "twilio", "intercom", "crisp_api", "hubspot", "calendly", "svix"),
    *("standardwebhooks", "segment", "analytics", "rudderstack", "googleapiclient"),
}
# Modules that a console function does not need.
NON_ADMIN_MODULES = {
    "argparse",
    "infra",
    "aws_cdk",
    "duckdb",
    "numpy",
    "pandas",
    "sklearn",
    "cryptography",
}
# Packages that only a few deliveries need, so that a cold start must not import them.
RARE_PACKAGES = {
    "aws_lambda_powertools",
    "cryptography",
    "boto3",
    "concurrent.futures.thread",
    "phonenumbers",
    "requests",
    "yaml",
}
# Modules that only the owner's requests about people need.
OWNER_MODULES = {
    "regulars.api.disclosure",
    "regulars.api.owner_endpoints",
    "regulars.api.people",
    "regulars.api.privacy",
    "regulars.profiles.decisions",
}
DOORS = {"receive_webhook": ReceiveWebhookSettings, "track_events": TrackEventsSettings}
PROGRAM = "import json, sys; exec(sys.argv[1]); print(json.dumps([*sys.modules]))"
# The modules of every provider: those that the registry names.
PROVIDERS = {
    reference.partition(":")[0]
    for reference in (*CHANNELS.values(), *EXPORT_FORMATS, *FEED_PROVIDERS.values())
}
LOAD_PROGRAM = "from regulars.channels.registry import load_channel; load_channel({name!r})"


def list_imported_modules(statement: str, **variables: str) -> set[str]:
    """Return the modules that a new interpreter has imported after this statement."""
    folders = ("functions", "layers/regulars/python")
    environment = {"PYTHONPATH": ":".join(str(ROOT / folder) for folder in folders)}
    environment |= {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION} | variables
    environment |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    ran = subprocess.run(  # noqa: S603 (our own program)
        [sys.executable, "-c", PROGRAM, statement],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(ran.stdout))


def packages(modules: set[str]) -> set[str]:
    """The packages that modules belong to."""
    return {name.partition(".")[0] for name in modules}


@pytest.mark.parametrize("door", DOORS)
def test_cold_door_imports_no_sdk_and_no_channel_it_may_not_need(door: str) -> None:
    variables = {field.name.upper(): "x" for field in fields(DOORS[door])}
    found = list_imported_modules(f"import {door}.handler", **variables)
    assert packages(found) & SDKS == set()
    assert (found | packages(found)) & RARE_PACKAGES == set()
    assert found & PROVIDERS == set()


@pytest.mark.parametrize("name", ["shopify", "stripe", "mailchimp", "whatsapp", "form"])
def test_loading_a_channel_imports_no_other_provider(name: str) -> None:
    found = list_imported_modules(LOAD_PROGRAM.format(name=name))
    module = CHANNELS[name].partition(":")[0]
    assert found & PROVIDERS == {module}
    kinds = {".".join(other.split(".")[:3]) for other in PROVIDERS} - {"regulars.channels.exports"}
    assert found & kinds == {".".join(module.split(".")[:3])}
    assert packages(found) & RARE_PACKAGES == set()


def test_cold_api_imports_nothing_that_only_the_owner_needs() -> None:
    constants = {"DEFAULT_COUNTRY": "GB"}
    variables = {field.name.upper(): "x" for field in fields(ServeProfilesSettings)} | constants
    found = list_imported_modules("import serve_profiles.handler", **variables)
    assert "regulars.api.endpoints" in found
    assert found & OWNER_MODULES == set()
    assert packages(found) & RARE_PACKAGES == set()


def test_no_channel_imports_an_sdk() -> None:
    found = list_imported_modules("\n".join(LOAD_PROGRAM.format(name=name) for name in CHANNELS))
    assert found >= {reference.partition(":")[0] for reference in CHANNELS.values()}
    assert packages(found) & SDKS == set()
    assert packages(found) & {"cryptography", "boto3", "botocore"} == set()


def test_owners_use_cases_import_no_command_line_and_nothing_heavy() -> None:
    modules = [f"regulars.admin.{path.stem}" for path in Path(*admin.__path__).glob("[a-z]*.py")]
    found = list_imported_modules("\n".join(f"import {module}" for module in modules))
    assert found >= {*modules}
    assert packages(found) & NON_ADMIN_MODULES == set()
