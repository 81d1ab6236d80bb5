"""The API that gives back scored profiles, segments and recommendations."""

from constructs import Construct

from infra.constructs.api import Api
from infra.constructs.functions import Function
from infra.constructs.layers import Layers
from infra.constructs.storage import Storage
from regulars.settings import ServeProfilesSettings
from regulars.store import schema


class Serving(Construct):
    """One function that reads; it also answers whatever no other route takes, so every 404 is ours."""

    def __init__(
        self, scope: Construct, id_: str, storage: Storage, layers: Layers, api: Api
    ) -> None:
        super().__init__(scope, id_)
        function = Function(self, storage.settings(ServeProfilesSettings), layers)
        storage.grant_table(function, schema.PEOPLE, "dynamodb:BatchGetItem")
        storage.grant_table(function, schema.PROFILES, "dynamodb:BatchGetItem", "dynamodb:Query")
        storage.grant_index(function, schema.PROFILES, "members")
        storage.grant_table(function, schema.CATALOG, "dynamodb:BatchGetItem")
        storage.grant_table(function, schema.CONTROL, "dynamodb:GetItem")
        storage.grant_parameter(function, "pepper")
        api.otherwise(function)
