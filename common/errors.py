from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django calls this when a form comes back without its token: an old tab, or cookies switched off."""
    return render(request, "403_csrf.html", status=403)
