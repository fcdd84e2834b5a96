"""Plinth: keeps the declarations of a machine-learning platform honest, and renders them for Argo CD."""

__version__ = "0.1.0"
