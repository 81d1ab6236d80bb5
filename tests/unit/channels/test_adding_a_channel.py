"""Test the guide to adding a channel: write its code to the files that it names, register it and run it."""

import ast
import base64
import hmac
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module, invalidate_caches
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from infra.pages import render_channels
from regulars.channels import commerce, contract
from regulars.channels.contract import Channel, Draft, Request
from regulars.channels.registry import CHANNELS, load_channel
from regulars.domain import errors
from regulars.domain.errors import SignatureError
from regulars.domain.events import encode_event
from tests.conformance.mutations.mutation_run import MutationRun
from tests.conformance.mutations.schemes.body_hmac import build_body_scheme
from tests.support.deliveries import NOW, build_sample_delivery

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs/adding-a-channel.md"
BLOCKS: dict[str, str] = dict(
    re.findall(r"^`([^`\n]+)`:\n\n```\w+\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
)
MODULE = "layers/regulars/python/regulars/channels/commerce/lantern.py"
REGISTRY = "layers/regulars/python/regulars/channels/registry.py"
TESTS = "tests/unit/channels/test_lantern.py"
SCHEMES = "tests/conformance/mutations/schemes/registry.py"
FOLDER = ROOT / "layers/regulars/python/regulars/channels"
SHARED_MODULE = r"(?:drafts|fields|signatures|exports|feeds)/\w+"
NAME = "lantern"
SECRET = "a-secret-of-lantern"
BODY = BLOCKS["delivery.json"].encode()


def import_code(path: str, name: str, folder: Path) -> ModuleType:
    """Return the module of a code block of the page, imported from a file in the folder."""
    (folder / Path(path).name).write_text(BLOCKS[path])
    invalidate_caches()
    return import_module(name)


def read_added_line(path: str) -> str:
    """Return the line that the page adds to a file, between two lines of that file."""
    before, added, after = BLOCKS[path].splitlines()
    assert {before[1:], after[1:]} <= {*(ROOT / path).read_text().splitlines()}
    return added.removeprefix("+")


@pytest.fixture
def channel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Channel]:
    """Yield the channel of the page, stored beside the other channels of its kind and registered."""
    monkeypatch.setattr(commerce, "__path__", [*commerce.__path__, str(tmp_path)])
    import_code(MODULE, f"regulars.channels.commerce.{NAME}", tmp_path)
    for name, reference in ast.literal_eval(f"{{{read_added_line(REGISTRY)}}}").items():
        monkeypatch.setitem(CHANNELS, name, reference)
    yield load_channel(NAME)
    del sys.modules[f"regulars.channels.commerce.{NAME}"]
    delattr(commerce, NAME)


def sign_delivery(secret: str = SECRET) -> Request:
    """Return the page's delivery as Lantern signs it."""
    signature = base64.b64encode(hmac.digest(secret.encode(), BODY, "sha256")).decode()
    return Request(
        source="main", body=BODY, received_at=NOW, headers={"lantern-signature": signature}
    )


def translate_signed_delivery(channel: Channel) -> Draft:
    """Return the one draft of the page's delivery, which is verified first."""
    request = sign_delivery()
    channel.verify(request, ["newer", SECRET], NOW)
    (draft,) = channel.translate(request)
    return draft


def test_signed_delivery_becomes_the_event_of_the_page(channel: Channel) -> None:
    draft = translate_signed_delivery(channel)
    assert json.loads(encode_event(draft.event)) == json.loads(BLOCKS["event.json"])
    assert draft.contact == {"email": "zebedee@example.com", "name": "Zebedee Canary"}


@pytest.mark.parametrize(
    "forged",
    [
        sign_delivery("another-secret"),
        msgspec.structs.replace(sign_delivery(), body=BODY.replace(b"49.90", b"0.90")),
        msgspec.structs.replace(sign_delivery(), headers={}),
    ],
    ids=["another secret", "another body", "no signature"],
)
def test_delivery_is_rejected_when_it_is_forged(channel: Channel, forged: Request) -> None:
    with pytest.raises(SignatureError):
        channel.verify(forged, [SECRET], NOW)


def test_sample_is_verified_and_is_a_test_order_without_a_person(channel: Channel) -> None:
    sample = build_sample_delivery(channel, Request("main", b"", NOW), SECRET)
    channel.verify(sample, [SECRET], NOW)
    assert [(draft.event.test, draft.identifiers) for draft in channel.translate(sample)] == [
        (True, ())
    ]


def test_tests_of_the_page_pass(
    channel: Channel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    module = import_code(TESTS, "test_lantern", tmp_path)
    tests = [test for name, test in vars(module).items() if name.startswith("test_")]
    for test in tests:
        test()
    del sys.modules["test_lantern"]
    assert len(tests) >= 5


@pytest.mark.usefixtures("channel")
def test_signature_scheme_of_the_page_holds() -> None:
    (arguments,) = re.findall(r"build_body_scheme\((.+)\),", read_added_line(SCHEMES))
    scheme = build_body_scheme(*ast.literal_eval(arguments))
    counts = MutationRun(scheme, seed=NAME).run(500)
    assert (counts.examples, counts.wrong_verdicts) == ([], 0)
    assert min(counts.accepted, counts.refused) > 0


def test_page_of_the_channel_is_rendered_between_the_others(channel: Channel) -> None:
    rendered = render_channels()
    assert f"## Lantern (`{NAME}`)\n\n{channel.page.strip()}\n" in rendered
    assert rendered.index("(`kofi`)") < rendered.index(f"(`{NAME}`)") < rendered.index("(`line`)")


@pytest.mark.parametrize("path", [MODULE, TESTS])
def test_code_of_the_page_passes_the_linter_and_the_formatter(path: str) -> None:
    for arguments in (["check"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *arguments, "--stdin-filename", path, "-"]
        process = subprocess.run(  # noqa: S603 (the page of this repository)
            command, input=BLOCKS[path], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert process.returncode == 0, process.stdout + process.stderr


def test_page_names_modules_and_functions_that_exist() -> None:
    modules = re.findall(rf"`(?:channels/)?({SHARED_MODULE})(?:\.py)?`", PAGE.read_text())
    functions = re.findall(rf"((?:`\w+`(?: and )?)+) of\s+`({SHARED_MODULE})`", PAGE.read_text())
    assert len(functions) >= 5
    assert [name for name in modules if not (FOLDER / f"{name}.py").exists()] == []
    for names, module in functions:
        code = (FOLDER / f"{module}.py").read_text()
        missing = [name for name in re.findall(r"\w+", names[1:]) if f"def {name}(" not in code]
        assert [name for name in missing if name != "and"] == [], module


def test_page_names_fields_and_errors_that_exist() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", PAGE.read_text(), re.MULTILINE)
    known_names = {*Channel.__struct_fields__, *vars(errors), *vars(contract)}
    assert len(rows) >= 6
    assert {*rows} <= known_names
