"""Composes the one stack of a deployment from its constructs."""

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.abandonment import Abandonment
from infra.constructs.api import PublicApi
from infra.constructs.erasure import Erasure
from infra.constructs.ingestion import Ingestion
from infra.constructs.layers import Layers
from infra.constructs.learning import Learning
from infra.constructs.policy import Policy
from infra.constructs.profiling import Profiling
from infra.constructs.proposing import Proposing
from infra.constructs.serving import Serving
from infra.constructs.storage import Storage


class RegularsStack(Stack):
    """All resources of a deployment, and the outputs that name them."""

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_, description="Regulars: one scored profile per buyer.")
        policy = Policy.from_context(self.node)
        storage = Storage(self, "Storage", policy)
        layers = Layers(self, "Layers", policy.architecture)
        api = PublicApi(self, "Api", policy.throttles)
        Ingestion(self, "Ingestion", storage, layers, api)
        abandonment = Abandonment(self, "Abandonment", storage, layers)
        erasure = Erasure(self, "Erasure", storage, layers, abandonment)
        Profiling(self, "Profiling", storage, layers, (abandonment, erasure))
        Learning(self, "Learning", storage, layers)
        Proposing(self, "Proposing", storage, layers)
        Serving(self, "Serving", storage, layers, api, erasure)
        erasure.sweep_dead_letters(
            [node for node in self.node.find_all() if isinstance(node, sqs.Queue)]
        )
        self._add_output("ApiUrl", api.url)
        self._add_output("ParametersPrefix", storage.parameters_prefix)
        for name, table in storage.tables.items():
            self._add_output(f"{name.title()}Table", table.table_name)
        for name, bucket in storage.buckets.items():
            self._add_output(f"{name.title()}Bucket", bucket.bucket_name)

    def _add_output(self, name: str, value: str) -> None:
        CfnOutput(self, name, value=value)
