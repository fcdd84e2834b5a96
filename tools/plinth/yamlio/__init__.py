"""YAML in and out: one strict reader, one emitter."""
