"""The month: its page in the unit and at the city, the ledger behind it, bulletins."""

from django.urls import URLPattern, path

from appraisal.views import mine, months, objections, outcomes, setting, standards, trend, withholding

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
    # A cadre's own
    path("me/months/<str:month>/", mine.my_month, name="my_month"),
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
    path("desk/objections/<int:pk>/decide/", objections.objection_decide, name="objection_decide"),
    path("objections/<int:pk>/withdraw/", objections.objection_withdraw, name="objection_withdraw"),
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
    path(
        "desk/withholdings/<int:pk>/executed/", withholding.withholding_execute, name="withholding_execute"
    ),
    path(
        "desk/withholdings/<int:pk>/not-executed/",
        withholding.withholding_not_execute,
        name="withholding_not_execute",
    ),
    path(
        "desk/withholdings/<int:pk>/paid-back/",
        withholding.withholding_paid_back,
        name="withholding_paid_back",
    ),
]
