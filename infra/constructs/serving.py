"""The function that serves scored profiles, segments and recommendations."""

from constructs import Construct

from infra.constructs.api import PublicApi
from infra.constructs.erasure import Erasure
from infra.constructs.functions import Function
from infra.constructs.layers import Layers
from infra.constructs.storage import Storage
from regulars.settings import ServeProfilesSettings
from regulars.store import schema


class Serving(Construct):
    """The function writes nothing but decisions about people.

    It also answers every request that matches no route, so that each 404 has our body.
    """

    def __init__(  # what the function is connected with
        self,
        scope: Construct,
        id_: str,
        storage: Storage,
        layers: Layers,
        api: PublicApi,
        erasure: Erasure,
    ) -> None:
        super().__init__(scope, id_)
        settings = storage.build_settings(ServeProfilesSettings, **erasure.queue_settings())
        function = Function(self, settings, layers)
        storage.grant_table(function, schema.CONTACTS, "dynamodb:Query")
        storage.grant_table(function, schema.EVENTS, "dynamodb:BatchGetItem", "dynamodb:PutItem")
        storage.grant_index(function, schema.EVENTS, "timeline")
        storage.grant_table(function, schema.PROFILES, "dynamodb:BatchGetItem", "dynamodb:Query")
        storage.grant_index(function, schema.PROFILES, "members")
        storage.grant_table(function, schema.CATALOG, "dynamodb:BatchGetItem")
        storage.grant_table(function, schema.CONTROL, "dynamodb:GetItem")
        storage.grant_parameter(function, "pepper")
        erasure.grant_requests(function)
        api.route_remaining(function)
