"""Inspection: the daily sheet, findings, spot checks."""

from django.urls import URLPattern, path  # noqa: F401

urlpatterns: list[URLPattern] = []
