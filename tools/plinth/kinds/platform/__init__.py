"""Platform: what holds everywhere. It is referred to and not rendered by itself."""

from plinth.kinds import Kind

KIND = Kind(name="Platform", place="platform/platform.yaml")
