"""Model: a registered model. Its releases are rendered; it is referred to."""

from plinth.kinds import Kind

KIND = Kind(name="Model", place="models/{tenant}/{name}/model.yaml")
