"""The built layers as Lambda layer versions for one architecture."""

from aws_cdk import AssetHashType
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra import layers

ARCHITECTURES = {"arm64": lambda_.Architecture.ARM_64, "x86_64": lambda_.Architecture.X86_64}


class Layers(Construct):
    """All layers of a deployment; a function selects those that it needs."""

    def __init__(self, scope: Construct, id_: str, architecture: str) -> None:
        super().__init__(scope, id_)
        self.architecture = ARCHITECTURES[architecture]
        self._versions = {
            name: self._create_version(layers.build_layer(name, architecture))
            for name in layers.LAYER_NAMES
        }

    def select(self, *names: str) -> list[lambda_.ILayerVersion]:
        """Return the layers with these names."""
        return [self._versions[name] for name in names]

    def _create_version(self, built: layers.Layer) -> lambda_.LayerVersion:
        return lambda_.LayerVersion(
            self,
            built.name.title(),
            # The hash is of the inputs: bytecode differs between machines, its sources do not.
            code=lambda_.Code.from_asset(
                str(built.archive), asset_hash=built.digest, asset_hash_type=AssetHashType.CUSTOM
            ),
            compatible_runtimes=[lambda_.Runtime.PYTHON_3_13],
            compatible_architectures=[self.architecture],
        )
