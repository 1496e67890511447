"""The month: its page in the unit and at the city, the ledger behind it, bulletins."""

from django.urls import URLPattern, path

from appraisal.views import months

urlpatterns: list[URLPattern] = [
    path("desk/months/", months.months, name="months"),
    path("desk/months/<str:code>/<str:month>/", months.month, name="month"),
]
