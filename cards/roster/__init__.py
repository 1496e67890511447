"""A unit's roster: read, looked at, and told what it would change; cards.services.roster_import then does it."""

from cards.roster.plan import Change, Note, Person, Plan, Problem
from cards.roster.reading import look
from cards.roster.writing import export, template

__all__ = ["Change", "Note", "Person", "Plan", "Problem", "export", "look", "template"]
