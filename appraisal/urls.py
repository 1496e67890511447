"""The month: its page in the unit and at the city, the ledger behind it, bulletins."""

from django.urls import URLPattern, path

from appraisal.views import mine, months, outcomes, setting, standards, trend

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
]
