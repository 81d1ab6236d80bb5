"""A shop on moto whose people carry tokens that occur nowhere else, so that a scan finds whatever remains of one."""

import gzip
import json
import re
import zlib
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import boto3
import pytest

from regulars.domain.events import Event, decode_event
from regulars.domain.identifiers import list_identifiers, profile_id_of, subject_key
from regulars.settings import (
    ArchiveEventsSettings,
    ImportHistorySettings,
    ReceiveWebhookSettings,
    TrackEventsSettings,
    UpdateProfilesSettings,
)
from regulars.store import schema
from regulars.store.api_keys import ApiKeys
from regulars.store.sources import Source, Sources
from tests.support import shopify_deliveries as shopify
from tests.support.aws import PEPPER, REGION, MotoStack
from tests.support.gateway import http_event, load_handler
from tests.support.stream_records import (
    build_insert_record,
    build_modify_record,
    build_stream_event,
)

SERVER_KEY = "server key of the shop"
TRACK_HEADERS = {"Authorization": "Basic " + b64encode(f"{SERVER_KEY}:".encode()).decode()}
ORDER_TIME = "2026-11-20T09:00:00Z"
FUNCTIONS = {
    "track_events": TrackEventsSettings,
    "receive_webhook": ReceiveWebhookSettings,
    "import_history": ImportHistorySettings,
    "update_profiles": UpdateProfilesSettings,
    "archive_events": ArchiveEventsSettings,
}

# All tokens of `CanaryPerson`.
TOKEN_PATTERN = re.compile(
    r"canary-user-\d{5}|canary-device-\d{5}|canary\d{5}@example\.com|\+4474005\d{5}|Canaryname\d{5}z"
    r"|\d{5} Canary Street|canary message \d{5}|[uepca]:[A-Za-z0-9_-]{16}"
)

type Delivery = tuple[str, dict[str, Any]]  # the function, and the event that it is called with


class EndlessContext:
    """A Lambda context that has all the time."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 10_000_000


class CanaryPerson:
    """A person of the shop, by number; `tokens` are what must not remain."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.user_id = f"canary-user-{number:05}"
        self.device = f"canary-device-{number:05}"
        self.email = f"canary{number:05}@example.com"
        self.phone = f"+4474005{number:05}"
        self.name = f"Canaryname{number:05}z"
        self.address = f"{number:05} Canary Street"
        self.message = f"canary message {number:05}"

    @property
    def tokens(self) -> tuple[str, ...]:
        """What in clear is of nobody else."""
        return (
            *(self.user_id, self.device, self.email, self.phone, self.name),
            *(self.address, self.message, *self.subjects),
        )

    @property
    def subjects(self) -> tuple[str, ...]:
        """The keyed hashes that name the person, the customer number aside."""
        named = {
            "user_id": self.user_id,
            "email": self.email,
            "phone": self.phone,
            "anonymous_id": self.device,
        }
        return tuple(
            subject_key(identifier, PEPPER)
            for namespace, value in named.items()
            for identifier in list_identifiers(namespace, value)
        )

    @property
    def profile_ids(self) -> tuple[str, ...]:
        """The ids under which something of the person may be stored."""
        return tuple(map(profile_id_of, self.subjects))


class CanaryShop:
    """All doors of the shop; what is delivered is kept, so that it can be delivered again."""

    def __init__(self, aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> None:
        self.aws = aws
        self.deliveries: list[Delivery] = []
        self._carried: dict[str, Event] = {}
        self._files: dict[str, bytes] = {}
        for bucket in ("uploads", "lake", "artifacts"):
            aws.s3.put_bucket_versioning(
                Bucket=f"test-{bucket}", VersioningConfiguration={"Status": "Enabled"}
            )
        Sources("test-control", aws.dynamodb).save_source(Source(channel="shopify", source="main"))
        aws.put_secrets("shopify/main", shopify.SECRET)
        keys = ApiKeys("test-control", aws.dynamodb)
        keys.register_key(SERVER_KEY, "server", "the server", "server", "2026-11-01T00:00:00.000Z")
        self.modules = {
            name: load_handler(name, aws.build_settings(settings), monkeypatch)
            for name, settings in FUNCTIONS.items()
        }

    def forget_tombstones(self) -> None:
        """Let the time pass for which containers keep the tombstones that they have read."""
        for module in self.modules.values():
            stores = [module.TOMBSTONES] if hasattr(module, "TOMBSTONES") else []
            for name in {"RECEIVER", "IMPORTER"} & vars(module).keys():
                stores += [getattr(module, name)._recorder._tombstones]
            for store in stores:
                store.forget_cached()

    def deliver(self, function: str, event: dict[str, Any]) -> Any:
        """Call a function, and keep the call."""
        self.deliveries.append((function, event))
        return self.modules[function].handler(event, EndlessContext())

    def visit(self, person: CanaryPerson, at: str = "2026-11-19T10:00:00.000Z") -> None:
        """Send what the shop's server tells of a visit of a person who logs in."""
        traits = {
            "email": person.email,
            "phone": person.phone,
            "name": person.name,
            "address": {"street": person.address},
        }
        call = {"userId": person.user_id, "anonymousId": person.device, "timestamp": at}
        identify = call | {"traits": traits, "messageId": f"identify {person.number} {at}"}
        cart = call | {
            "event": "Product Added",
            "messageId": f"cart {person.number} {at}",
            "properties": {"product_id": "1", "quantity": 1, "comment": person.message},
        }
        self.deliver("track_events", http_event("/v1/identify", identify, TRACK_HEADERS))
        self.deliver("track_events", http_event("/v1/track", cart, TRACK_HEADERS))

    def order(
        self, person: CanaryPerson, number: int = 1, at: str = ORDER_TIME, **changes: Any
    ) -> Any:
        """Deliver an order of a person as Shopify signs it."""
        body = json.dumps(self.build_order(person, number, at)).encode()
        headers = shopify.build_headers(
            body, **{"event_id": f"{person.number}-{number}-{at}", "triggered_at": at} | changes
        )
        return self.deliver("receive_webhook", http_event("/hooks/shopify/main", body, headers))

    def build_order(self, person: CanaryPerson, number: int, at: str) -> dict[str, Any]:
        """Return the body of an order."""
        sample = shopify.build_order()
        id_ = 1_000_000 + person.number * 100 + number
        customer = sample["customer"] | {
            "id": 7_000_000 + person.number,
            "email": person.email,
            "phone": person.phone,
            "first_name": person.name,
            "last_name": person.name,
        }
        address = {"address1": person.address, "first_name": person.name, "country_code": "GB"}
        return sample | {
            "id": id_,
            "email": person.email,
            "phone": person.phone,
            "contact_email": person.email,
            "note": person.message,
            "note_attributes": [{"name": "anonymousId", "value": person.device}],
            "customer": customer,
            "billing_address": address,
            "shipping_address": address,
            "created_at": at,
            "updated_at": at,
            "processed_at": at,
        }

    def send_refused(self, person: CanaryPerson) -> None:
        """Deliver what is refused: an event without a name, which is set aside in clear, and a call with an unknown key."""
        traits = {"email": person.email, "name": person.name}
        message = {"userId": person.user_id, "context": {"traits": traits}}
        self.deliver("track_events", http_event("/v1/track", message, TRACK_HEADERS))
        headers = {"Authorization": "Basic " + b64encode(b"unknown key:").decode()}
        self.deliver("track_events", http_event("/v1/track", message, headers))

    def upload(self, name: str, people: Iterable[CanaryPerson]) -> None:
        """Upload a list of customers and import it."""
        rows = [f"{one.email},{one.name},{one.name},{one.phone},2026-11-02" for one in people]
        text = "\n".join(["Email Address,First Name,Last Name,Phone Number,OPTIN_TIME", *rows])
        key = schema.upload_key(name)
        self._files[key] = text.encode()
        self._put_files()
        detail = {"bucket": {"name": "test-uploads"}, "object": {"key": key}}
        self.deliver("import_history", {"detail": detail})

    def deliver_stream(self) -> None:
        """Give what changed in the ledger to the functions that follow its stream."""
        stored = {event.id: event for event in self.list_events()}
        records = [
            build_modify_record(self._carried[id_], event)
            if id_ in self._carried
            else build_insert_record(event)
            for id_, event in stored.items()
            if self._carried.get(id_) != event
        ]
        self._carried = stored
        for first in range(0, len(records), 100):
            event = build_stream_event(*records[first : first + 100])
            for name in ("update_profiles", "archive_events"):
                self.modules[name].handler(event, None)

    def repeat_deliveries(self) -> None:
        """Upload and deliver everything again, remove the files after their import, and carry the stream."""
        self._put_files()
        for function, event in list(self.deliveries):
            self.modules[function].handler(event, EndlessContext())
        for key in self._files:
            self._remove_file(key)
        self.deliver_stream()

    def _put_files(self) -> None:
        for key, content in self._files.items():
            self.aws.s3.put_object(Bucket="test-uploads", Key=key, Body=content)

    def _remove_file(self, key: str) -> None:
        pages = self.aws.s3.get_paginator("list_object_versions")
        for page in pages.paginate(Bucket="test-uploads", Prefix=key):
            for entry in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                self.aws.s3.delete_object(
                    Bucket="test-uploads", Key=entry["Key"], VersionId=entry["VersionId"]
                )

    def list_events(self) -> list[Event]:
        """Return the events of the ledger."""
        return [decode_event(item["event"]["S"]) for item in self.scan_table("events")]

    def scan_table(self, name: str) -> list[dict[str, Any]]:
        """Return all items of a table."""
        pages = self.aws.dynamodb.get_paginator("scan").paginate(TableName=f"test-{name}")
        return [item for page in pages for item in page["Items"]]

    def restore_table(self, name: str, items: Iterable[dict[str, Any]]) -> None:
        """Replace all items of a table by those of a backup."""
        (table,) = [shape for shape in schema.TABLES if shape.name == name]
        names = [key for key in (table.partition_key, table.sort_key) if key]
        for item in self.scan_table(name):
            key = {one: item[one] for one in names}
            self.aws.dynamodb.delete_item(TableName=f"test-{name}", Key=key)
        for item in items:
            self.aws.dynamodb.put_item(TableName=f"test-{name}", Item=item)

    def list_schedules(self) -> list[str]:
        """Return the names of the pending schedules."""
        scheduler = boto3.client("scheduler", region_name=REGION)
        return [one["Name"] for one in scheduler.list_schedules()["Schedules"]]

    def read_everything(self) -> Iterator[tuple[str, str]]:
        """Yield each item and each version of each object as text, with its place; compressed bytes are unpacked."""
        for table in schema.TABLES:
            for item in self.scan_table(table.name):
                yield f"{table.name} {_key_of(item, table)}", _to_text(item)
        for bucket in ("uploads", "lake", "artifacts"):
            for key, body in self.list_versions(bucket):
                yield f"{bucket} {key}", key + _unpack(body).decode("utf-8", "replace")

    def list_versions(self, bucket: str) -> Iterator[tuple[str, bytes]]:
        """Yield the key and the content of each version of each object."""
        name = f"test-{bucket}"
        for page in self.aws.s3.get_paginator("list_object_versions").paginate(Bucket=name):
            for entry in page.get("Versions", []):
                found = self.aws.s3.get_object(
                    Bucket=name, Key=entry["Key"], VersionId=entry["VersionId"]
                )
                yield entry["Key"], found["Body"].read()

    def find_traces(self, people: Sequence[CanaryPerson]) -> list[str]:
        """Return the places that hold a token of one of these people, tombstones and jobs aside."""
        tokens = {token for person in people for token in person.tokens}
        return [
            f"{place}: {token}"
            for place, text in self.read_everything()
            if not place.startswith(("profiles tombstones", "lake erasures/"))
            for token in sorted(tokens.intersection(TOKEN_PATTERN.findall(text)))
        ]


def _key_of(item: dict[str, Any], table: schema.Table) -> str:
    return " ".join(item[name]["S"] for name in (table.partition_key, table.sort_key) if name)


def _to_text(item: dict[str, Any]) -> str:
    values = (next(iter(attribute.values())) for attribute in item.values())
    return "\n".join(
        _unpack(value).decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        for value in values
    )


def _unpack(content: bytes) -> bytes:
    # Of 65,536 binary values one begins like gzip by chance: it is searched as it is.
    with suppress(OSError, EOFError, zlib.error):
        return gzip.decompress(content)
    return content
