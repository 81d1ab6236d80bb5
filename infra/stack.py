"""The one stack: it only composes."""

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from infra.constructs.abandonment import Abandonment
from infra.constructs.api import Api
from infra.constructs.ingestion import Ingestion
from infra.constructs.layers import Layers
from infra.constructs.learning import Learning
from infra.constructs.policy import Policy
from infra.constructs.profiling import Profiling
from infra.constructs.serving import Serving
from infra.constructs.storage import Storage


class Regulars(Stack):
    """Everything a deployment is."""

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_, description="Regulars: one scored profile per buyer.")
        policy = Policy.from_context(self.node)
        storage = Storage(self, "Storage", policy)
        layers = Layers(self, "Layers", policy.architecture)
        api = Api(self, "Api")
        Ingestion(self, "Ingestion", storage, layers, api)
        abandonment = Abandonment(self, "Abandonment", storage, layers)
        Profiling(self, "Profiling", storage, layers, abandonment)
        Learning(self, "Learning", storage, layers)
        Serving(self, "Serving", storage, layers, api)
        self._tell("ApiUrl", api.url)
        self._tell("ParametersPrefix", storage.parameters_prefix)
        for name, table in storage.tables.items():
            self._tell(f"{name.title()}Table", table.table_name)
        for name, bucket in storage.buckets.items():
            self._tell(f"{name.title()}Bucket", bucket.bucket_name)

    def _tell(self, name: str, value: str) -> None:
        CfnOutput(self, name, value=value)
