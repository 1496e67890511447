"""Inspection: the daily sheet, findings, spot checks."""

from django.urls import URLPattern, path, re_path

from attendance.views import (
    comparison,
    corrections,
    draws,
    findings,
    history,
    mine,
    on_site,
    paper,
    settings,
    sheet,
    spots,
)
from cards.urls import TOKEN

urlpatterns: list[URLPattern] = [
    # What remains of the daily sheets
    path("desk/sheets/", history.sheets, name="sheets"),
    path("desk/rounds/<int:pk>/", history.round_page, name="round"),
    path("desk/sheet/<str:code>/paper/", paper.paper, name="sheet_paper"),
    path("desk/sheet/<str:code>/blank.pdf", paper.sheet_blank, name="sheet_blank"),
    path("desk/rounds/<int:pk>/people/<int:cadre_pk>/correction/", corrections.ask, name="correction_new"),
    path("desk/corrections/", corrections.corrections, name="corrections"),
    path("desk/corrections/<int:pk>/", corrections.correction, name="correction"),
    # The daily sheet
    path("desk/sheet/", sheet.today, name="sheet_today"),
    path("desk/sheet/<str:code>/", sheet.sheet, name="sheet"),
    path("desk/sheet/<str:code>/mark/", sheet.mark, name="sheet_mark"),
    path("desk/sheet/<str:code>/person/<int:pk>/", sheet.person, name="sheet_person"),
    path("desk/sheet/<str:code>/verified/", sheet.verified, name="sheet_verified"),
    path("desk/sheet/<str:code>/submit/", sheet.submit, name="sheet_submit"),
    path("desk/sheet/<str:code>/discard/", sheet.discard, name="sheet_discard"),
    path("desk/marks/<int:pk>.jpg", sheet.photo, name="mark_photo"),
    # Findings
    path("me/findings/", mine.findings, name="my_findings"),
    path("me/findings/<int:pk>/", mine.finding, name="my_finding"),
    path("desk/findings/", findings.findings, name="findings"),
    path("desk/findings/<int:pk>/", findings.finding, name="finding"),
    path("desk/findings/<int:pk>/tell/", findings.tell, name="finding_tell"),
    path("desk/findings/<int:pk>/defence/", findings.defend, name="finding_defend"),
    path("desk/findings/<int:pk>/decide/", findings.decide, name="finding_decide"),
    path("desk/findings/<int:pk>/photo/", findings.photo, name="finding_photo"),
    # Draws; their public pages need no sign-in
    path("draws/", draws.public_draws, name="public_draws"),
    re_path(rf"^draws/{TOKEN}/?$", draws.public_draw, name="draw"),
    re_path(rf"^draws/{TOKEN}\.json$", draws.draw_data, name="draw_data"),
    re_path(rf"^draws/{TOKEN}\.txt$", draws.draw_pool, name="draw_pool"),
    path(f"draws/{draws.SCRIPT}", draws.draw_script, name="draw_script"),
    path("desk/draws/", draws.draws, name="draws"),
    path("desk/draws/new/", draws.draw_new, name="draw_new"),
    path("desk/draws/<int:pk>/", draws.draw_reveal, name="draw_reveal"),
    path("desk/draws/<int:pk>/again/", draws.draw_again, name="draw_again"),
    path("desk/draws/<int:pk>/call-off/", draws.draw_call_off, name="draw_call_off"),
    # Spot checks: planned
    path("desk/spot/", spots.spot_checks, name="spot_checks"),
    path("desk/spot/new/", spots.spot_new, name="spot_new"),
    path("desk/spot/<int:pk>/", spots.spot_check, name="spot_check"),
    # Spot checks on site
    path("desk/spot/<int:pk>/door/<int:office_pk>/", on_site.spot_door, name="spot_door"),
    path("desk/spot/<int:pk>/person/<int:cadre_pk>/", on_site.spot_person, name="spot_person"),
    path("desk/spot/<int:pk>/close/", on_site.spot_close, name="spot_close"),
    path("desk/spot/<int:pk>/cancel/", on_site.spot_cancel, name="spot_cancel"),
    # Sheets beside spot checks
    path("desk/comparison/", comparison.comparison, name="comparison"),
    path("desk/coverage/", comparison.coverage, name="coverage"),
    path("desk/coverage.csv", comparison.coverage_csv, name="coverage_csv"),
    # What the city sets
    path("desk/inspection/", settings.settings, name="inspection_settings"),
    path("desk/inspection/items/", settings.items, name="items"),
    path("desk/inspection/items/new/", settings.item_new, name="item_new"),
    path("desk/inspection/items/<int:pk>/", settings.item_edit, name="item_edit"),
    path("desk/inspection/items/<int:pk>/move/", settings.item_move, name="item_move"),
]
