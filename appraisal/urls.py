"""The month: its page in the unit and at the city, the ledger behind it, bulletins."""

from django.urls import URLPattern, path

from appraisal.views import (
    bulletins,
    entry,
    mine,
    months,
    objections,
    outcomes,
    setting,
    standards,
    trend,
    withholding,
)

urlpatterns: list[URLPattern] = [
    # What substantiated complaints count as
    path("desk/complaint-outcomes/", outcomes.outcomes, name="outcomes"),
    path("desk/complaint-outcomes/<str:number>/", outcomes.outcome, name="outcome"),
    path("desk/complaint-outcomes/<str:number>/undo/", outcomes.outcome_undo, name="outcome_undo"),
    # What points and money follow from
    path("desk/standards/", standards.standards, name="standards"),
    path("desk/standards/new/", standards.standard_new, name="standard_new"),
    path("desk/standards/<int:version>/", standards.standard, name="standard"),
    path("desk/standards/<int:version>/edit/", standards.standard_edit, name="standard_edit"),
    path("desk/standards/<int:version>/preview/", standards.standard_preview, name="standard_preview"),
    path("desk/standards/<int:version>/adopt/", standards.standard_adopt, name="standard_adopt"),
    path("desk/standards/<int:version>/withdraw/", standards.standard_withdraw, name="standard_withdraw"),
    path("desk/month-settings/", setting.settings, name="appraisal_settings"),
    path("me/standard/", standards.my_standard, name="my_standard"),
    path("desk/months/", months.months, name="months"),
    path("desk/months/trend/", trend.months_trend, name="months_trend"),
    path("desk/months/export/", trend.months_xlsx, name="months_xlsx"),
    path("desk/months/<str:code>/<str:month>/", months.month, name="month"),
    path("desk/months/<str:code>/<str:month>/confirm/", months.confirm, name="month_confirm"),
    path("desk/months/<str:code>/<str:month>/publish/", months.publish, name="month_publish"),
    path("desk/months/<str:code>/<str:month>/report/", months.report, name="month_report"),
    path("desk/months/<str:code>/<str:month>/nil/", months.nil, name="month_nil"),
    path("desk/months/<str:code>/<str:month>/accept/", months.accept, name="month_accept"),
    path("desk/months/<str:code>/<str:month>/send-back/", months.send_back, name="month_send_back"),
    path("desk/months/<str:code>/<str:month>/sheet/", months.sheet, name="month_sheet"),
    path("desk/months/<str:code>/<str:month>/<int:sequence>/", entry.entry, name="entry"),
    path("desk/months/<str:code>/<str:month>/<int:sequence>/print/", entry.entry_print, name="entry_print"),
    # A cadre's own
    path("me/months/", mine.my_months, name="my_months"),
    path("me/months/<str:month>/", mine.my_month, name="my_month"),
    path("me/months/<str:month>/unit/", mine.unit_month, name="unit_month"),
    path("me/entries/<str:code>/<int:sequence>/", mine.my_entry, name="my_entry"),
    # Objections to entries
    path("me/entries/<str:code>/<int:sequence>/objection/", objections.objection_new, name="objection_new"),
    path("me/objections/<int:pk>/", objections.my_objection, name="my_objection"),
    path(
        "desk/entries/<str:code>/<int:sequence>/objection/",
        objections.objection_enter,
        name="objection_enter",
    ),
    path("desk/objections/", objections.objections, name="objections"),
    path("desk/objections/<int:pk>/", objections.objection, name="objection"),
    path("desk/objections/<int:pk>/decide/", objections.decide, name="objection_decide"),
    path("objections/<int:pk>/withdraw/", objections.withdraw, name="objection_withdraw"),
    # What a month proposes to withhold, and what became of it
    path("me/withholdings/<int:pk>/", withholding.my_withholding, name="my_withholding"),
    path("desk/withholdings/", withholding.withholding_months, name="withholding_months"),
    path("desk/withholdings/<str:code>/<str:month>/", withholding.withholdings, name="withholdings"),
    path(
        "desk/withholdings/<str:code>/<str:month>/finance.xlsx",
        withholding.withholdings_xlsx,
        name="withholdings_xlsx",
    ),
    path(
        "desk/withholdings/<str:code>/<str:month>/send/",
        withholding.withholdings_send,
        name="withholdings_send",
    ),
    path(
        "desk/withholdings/<str:code>/<str:month>/executed/",
        withholding.withholdings_execute,
        name="withholdings_execute",
    ),
    path(
        "desk/withholdings/<str:code>/<str:month>/not-executed/",
        withholding.withholdings_not_execute,
        name="withholdings_not_execute",
    ),
    path("desk/withholding/<int:pk>/executed/", withholding.withholding_execute, name="withholding_execute"),
    path(
        "desk/withholding/<int:pk>/not-executed/",
        withholding.withholding_not_execute,
        name="withholding_not_execute",
    ),
    path(
        "desk/withholding/<int:pk>/paid-back/",
        withholding.withholding_paid_back,
        name="withholding_paid_back",
    ),
    # The city's bulletins
    path("desk/bulletins/", bulletins.bulletins, name="bulletins"),
    path("desk/bulletins/draft/", bulletins.bulletin_draft, name="bulletin_draft"),
    path("desk/bulletins/<int:pk>/", bulletins.bulletin, name="bulletin"),
    path("desk/bulletins/<int:pk>/complaints/", bulletins.bulletin_complaints, name="bulletin_complaints"),
    path("desk/bulletins/<int:pk>/edit/", bulletins.bulletin_edit, name="bulletin_edit"),
    path("desk/bulletins/<int:pk>/sign/", bulletins.bulletin_sign, name="bulletin_sign"),
    path("desk/bulletins/<int:pk>/correct/", bulletins.bulletin_correct, name="bulletin_correct"),
    path("desk/bulletins/<int:pk>/discard/", bulletins.bulletin_discard, name="bulletin_discard"),
    path("desk/bulletins/<int:pk>/pdf/", bulletins.bulletin_pdf, name="bulletin_pdf"),
    path("desk/bulletins/<int:pk>/docx/", bulletins.bulletin_docx, name="bulletin_docx"),
    path("desk/bulletins/<int:pk>/xlsx/", bulletins.bulletin_xlsx, name="bulletin_xlsx"),
    path("bulletins/", bulletins.public_bulletins, name="public_bulletins"),
    path("bulletins/<int:year>/<int:serial>/", bulletins.public_bulletin, name="public_bulletin"),
    path("bulletins/<int:year>/<int:serial>/pdf/", bulletins.public_bulletin_pdf, name="public_bulletin_pdf"),
]
