"""The papers of the ladder and of the year as files. The same content gives the same bytes."""

from __future__ import annotations

from appraisal.papers.content import Commendation, Paper


def pdf(content: Paper) -> bytes:
    raise NotImplementedError


def docx(content: Commendation) -> bytes:
    raise NotImplementedError


def file_name(content: Paper) -> str:
    """Without its ending, safe in every file system."""
    raise NotImplementedError
