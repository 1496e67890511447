from django.urls import URLPattern, URLResolver, include, path

from common import views as common_views
from common.styleguide import styleguide

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", common_views.healthz, name="healthz"),
    path("styleguide/", styleguide, name="styleguide"),
    path("", include("accounts.urls")),
    path("", include("cards.urls")),
    path("", include("attendance.urls")),
    path("", include("complaints.urls")),
    path("", include("appraisal.urls")),
]

handler400 = "common.errors.bad_request"
handler403 = "common.errors.permission_denied"
handler404 = "common.errors.page_not_found"
handler500 = "common.errors.server_error"
