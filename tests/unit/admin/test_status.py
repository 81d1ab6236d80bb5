"""The status of a deployment: what an empty one shows, and what is counted in one that is used."""

from datetime import UTC, datetime

from regulars.admin.models import ChampionStatus
from regulars.admin.status import DeploymentStatus, StatusStores, read_deployment_status
from regulars.admin.verification import verify_deployment
from regulars.domain.identity_facts import split_facts
from regulars.domain.identity_statements import collect_facts
from regulars.domain.manifests import GateDecision, ModelManifest, TrainingOutcome
from regulars.profiles.verify import Verification
from regulars.store.artifacts import Artifacts
from regulars.store.champions import Champions
from regulars.store.ledger import Ledger
from regulars.store.profiles import Profiles, SubjectIdentity
from regulars.store.reconciliations import Reconciliation, Reconciliations
from regulars.store.rejects import Reject, Rejects
from regulars.store.sources import Source, Sources
from tests.support.aws import MotoStack
from tests.support.deployment import build_deployment
from tests.support.profile_stories import build_event

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
DEPLOYMENT = build_deployment()
MANIFEST = ModelManifest(
    model="churn",
    version="v1",
    dataset_id="ds-1",
    created_at="2026-11-20",
    status="ok",
    reason="It is better.",
    files={},
    versions={},
    features=(),
    window={},
    metrics={"auc": 0.8},
    gate=GateDecision(promote=True, reason="It is better."),
)

REQUEST_TYPES = {
    "first": "Customer Data Requested",
    "second": "Customer Data Requested",
    "third": "Customer Deletion Requested",
}


def read_status() -> DeploymentStatus:
    stores = StatusStores.from_deployment(DEPLOYMENT)
    return read_deployment_status(DEPLOYMENT, stores, NOW.date())


def test_empty_deployment_has_counts_of_zero(aws: MotoStack) -> None:
    status = read_status()
    assert status.counts == {"events": 0, "identities": 0, "profiles": 0, "products": 0}
    assert (status.dataset, status.trainings, status.champions) == ({}, {}, {})
    assert (status.reconciliations, status.rejects, status.dead_letters) == ({}, {}, {})
    assert status.open_requests == {}


def test_open_requests_are_counted_by_kind(aws: MotoStack) -> None:
    requests = (build_event(name, "e:ann", type=type_) for name, type_ in REQUEST_TYPES.items())
    Ledger("test-events", aws.dynamodb).record_events(list(requests))
    assert read_status().open_requests == {"access": 2, "erasure": 1}


def test_person_of_several_subjects_is_counted_once(aws: MotoStack) -> None:
    profiles = Profiles("test-profiles", aws.dynamodb)
    facts = collect_facts([build_event("login", "u:ann", "e:ann"), build_event("page", "u:ann")])
    for subject, part in split_facts(facts).items():
        profiles.write_identity(SubjectIdentity(subject=subject, facts=part, rev=1))
    assert read_status().counts["profiles"] == 1


def test_last_training_and_champion_are_shown_by_model(aws: MotoStack) -> None:
    artifacts = Artifacts("test-artifacts", aws.s3)
    digest = artifacts.publish_version(MANIFEST, {})
    Champions("test-control", aws.dynamodb).promote_version("churn", "v1", digest, None)
    outcome = TrainingOutcome(
        model="churn",
        dataset_id="ds-1",
        version="v1",
        promoted=True,
        status="ok",
        reason="It is better.",
    )
    artifacts.write_outcome(outcome)
    status = read_status()
    assert status.trainings == {"churn": outcome}
    assert status.champions == {
        "churn": ChampionStatus(
            version="v1", previous="", trained_at="2026-11-20", metrics={"auc": 0.8}
        )
    }


def test_rejects_and_reconciliations_are_shown(aws: MotoStack) -> None:
    Rejects("test-rejects", aws.dynamodb).store_rejects(
        [Reject(code="bad", reason="Bad.", source="shopify/main")], NOW
    )
    Sources("test-control", aws.dynamodb).save_source(Source(channel="shopify", source="main"))
    run = Reconciliation(channel="shopify", source="main", ran_at="2026-11-20", new=3)
    Reconciliations("test-control", aws.dynamodb).save_reconciliation(run)
    status = read_status()
    assert status.rejects == {"bad": 1}
    assert status.reconciliations["shopify/main"].new == 3


def test_verification_of_an_empty_deployment_finds_no_difference(aws: MotoStack) -> None:
    assert verify_deployment(DEPLOYMENT) == Verification(
        events=0, people=0, identifiers=0, differences=()
    )
