import os

# python-docx brings lxml, and openpyxl would take it for what comes from outside in place of defusedxml, which
# refuses entities (docs/dependencies.md). Read when openpyxl is first imported, which nothing above this does.
os.environ["OPENPYXL_LXML"] = "False"

from longquan_cadre.celery import app as celery_app

__all__ = ["celery_app"]
