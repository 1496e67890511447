"""The desk of the Efficiency Express: the queue, a case, and each thing that is done with it on a page of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import Access
from accounts.http import access_for, user_of
from accounts.models import Role, User
from cards.models import Cadre
from common.forms import accepted, posted, render_form
from common.problems import Refused
from common.responses import private
from common.rules import local
from complaints import clock, desk_words, interests, rules
from complaints import handling_forms as forms
from complaints.models import Attachment, Complaint, ComplaintSettings, Interest
from complaints.models.cases import ENCRYPTED, ComplaintQuerySet
from complaints.rules import Move, State
from complaints.services import callers, handling
from complaints.services import interests as stepping_back
from complaints.services.cases import MovedOn
from complaints.services.hearing import To

PAGE_SIZE = 30
#: Cases to link another one to.
MOST_MASTERS = 20


def handles(access: Access) -> bool:
    return access.has(Role.EXPRESS_STAFF) or access.has(Role.EXPRESS_HEAD)


def seen(request: HttpRequest) -> ComplaintQuerySet:
    return Complaint.objects.visible_to(access_for(request))


def case_of(request: HttpRequest, number: str) -> Complaint:
    """The guard: a case that this person may know of, or 404."""
    related = ("unit", "cadre", "handler", "dispatched_to", "master", "redo_of", "extended_by")
    people = ("submitted_by", "closed_by", "referred_by", "entered_by")
    return get_object_or_404(seen(request).select_related(*related, *people), number=number)


# --- The queue ------------------------------------------------------------------------------------------------------


def complaints(request: HttpRequest) -> HttpResponse:
    now, access = timezone.now(), access_for(request)
    form = forms.QueueForm(request.GET, handles=handles(access))
    form.is_valid()
    found = _matching(seen(request), form.cleaned_data, access)
    page = Paginator(for_lists(found), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "rows": rows(page.object_list, now),
        "filtered": any(form.cleaned_data.values()),
        "handles": handles(access),
    }
    return private(render(request, "complaints/queue.html", context))


def _matching(found: ComplaintQuerySet, given: dict[str, Any], access: Access) -> ComplaintQuerySet:
    if unit := given.get("unit"):
        found = found.filter(unit=unit)
    if given.get("handler") == forms.MINE:
        found = found.filter(handler=access.user)
    state = given.get("state", "")
    if state == "" and handles(access):
        return found.running().order_by("due_at", "pk")
    found = found.order_by("-received_at", "-pk")
    return found.filter(state=state) if state and state != forms.ALL else found


def for_lists(found: ComplaintQuerySet) -> ComplaintQuerySet:
    return found.select_related("unit", "cadre", "handler").defer(*ENCRYPTED)


def rows(cases: Any, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "case": case,
            "left": desk_words.time_left(case, now),
            "subject": desk_words.subject(case),
            "elapsed": desk_words.elapsed(case, now),
        }
        for case in cases
    ]


# --- A case ---------------------------------------------------------------------------------------------------------


def complaint(request: HttpRequest, number: str) -> HttpResponse:
    case, now = case_of(request, number), timezone.now()
    source = case.source
    context = {
        **head_of(case, now),
        "source": source,
        "images": [image.token for image in Attachment.objects.filter(complaint=source).only("token")],
        "contact": (
            desk_words.masked_name(source.contact_name),
            desk_words.masked_phone(source.contact_phone),
        ),
        "may_renew": handles(access_for(request)) and callers.may_be_renewed(case),
        "has_contact": bool(source.contact_name or source.contact_phone),
        "timeline": desk_words.timeline(case),
        "derivation": desk_words.derivation(case),
        "duplicates": seen(request).filter(master=case).defer(*ENCRYPTED),
        "redone_by": seen(request).filter(redo_of=case).defer(*ENCRYPTED).first(),
        "acts": _acts(request, case, now) if handles(access_for(request)) else {},
        "asks_for_time": case.handler_id == user_of(request).pk and _may_be_extended(case, now),
        "access": access_for(request),
    }
    return private(render(request, "complaints/case.html", context))


def head_of(case: Complaint, now: datetime) -> dict[str, Any]:
    return {
        "case": case,
        "left": desk_words.time_left(case, now),
        "subject": desk_words.subject(case),
        "last_day": rules.last_day(case.due_at),
    }


def image(request: HttpRequest, number: str, token: str) -> HttpResponse:
    case = case_of(request, number)
    found = get_object_or_404(Attachment, complaint=case.source, token=token)
    return private(HttpResponse(bytes(found.data), content_type="image/jpeg"))


def unmask(request: HttpRequest, number: str) -> HttpResponse:
    """Shown in the answer to the request that was written down, and nowhere else."""
    case, now = case_of(request, number), timezone.now()
    form = forms.UnmaskForm(posted(request), case=case)
    if form.is_valid() and accepted(
        form, lambda: handling.unmask(case=case, **form.given(), actor=user_of(request), now=now)
    ):
        return private(
            render(request, "complaints/contact.html", {**head_of(case, now), "source": case.source})
        )
    title = _("Show the contact")
    points = [_("Who asked and why stands in the record of the case for good.")]
    return private(
        render_form(request, "complaints/act.html", form, **head_of(case, now), title=title, points=points)
    )


# --- What is done with it -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Act:
    """A page with one form, that does one thing."""

    title: Any
    form: Callable[[HttpRequest, Complaint, datetime], Any]
    verb: Callable[..., Any]
    said: Any
    #: What follows from it.
    points: tuple[Any, ...] = ()
    #: The row of the table of moves; what is no move is possible while the case is not referred.
    move: Move | None = None
    #: Shown on this person's page of the case; the verb decides.
    offered: Callable[[Complaint, User, bool, datetime], bool] = lambda *_all: True
    primary: bool = False
    #: Whether the actor still sees the case afterwards.
    stays: bool = True
    #: What the page shows beside the form: the complaint, or the drafted answer.
    beside: str = ""
    #: The page that comes next and what it says, where it is not the case.
    then: Callable[[Complaint, dict[str, Any]], tuple[str, str] | None] = lambda *_all: None


def _plain(kind: Any) -> Callable[[HttpRequest, Complaint, datetime], Any]:
    return lambda request, case, _now: kind(posted(request), case=case)


def _assign_form(request: HttpRequest, case: Complaint, now: datetime) -> forms.AssignForm:
    day = local(now).date()
    people = interests.express_people(day)
    free = people - interests.conflicted(people, case, day) - {case.handler_id}
    free -= handling.not_again(case, day)
    return forms.AssignForm(
        posted(request), case=case, handlers=User.objects.filter(pk__in=free).order_by("pk")
    )


def _link_form(request: HttpRequest, case: Complaint, _now: datetime) -> forms.LinkForm:
    masters = seen(request).filter(
        unit=case.unit_id, cadre=case.cadre_id, state__in=handling.MASTER_STATES, master=None
    )
    newest = masters.exclude(pk=case.pk).order_by("-received_at", "-pk").values_list("pk", flat=True)
    shown = ("number", "received_at", "channel", "state", "text", "redo_of", "redo_of__text")
    masters = Complaint.objects.filter(pk__in=list(newest[:MOST_MASTERS])).order_by("-received_at", "-pk")
    masters = masters.select_related("redo_of").only(*shown)
    return forms.LinkForm(posted(request), case=case, masters=masters)


def _extend_form(request: HttpRequest, case: Complaint, _now: datetime) -> forms.ExtendForm:
    days = ComplaintSettings.current().extension_days
    until = rules.last_day(clock.lengthened(case, days)["due_at"])
    return forms.ExtendForm(posted(request), case=case, days=days, until=until)


def _feed_back_form(request: HttpRequest, case: Complaint, now: datetime) -> forms.FeedBackForm:
    return forms.FeedBackForm(posted(request), case=case, now=now)


def _close_form(request: HttpRequest, case: Complaint, _now: datetime) -> forms.CloseForm:
    return forms.CloseForm(posted(request), case=case, receipt=handling.has_receipt(case))


def _handler(case: Complaint, user: User, _head: bool, _now: datetime) -> bool:
    return case.handler_id == user.pk


def _question(case: Complaint, given: dict[str, Any]) -> tuple[str, str] | None:
    """The unit hears of a case by being asked."""
    if not given["to_unit"]:
        return None
    url = reverse("complaint_point_new", args=[case.number])
    return f"{url}?to={To.UNIT.value}", _(
        "The unit verifies it. Put your question now: it hears of nothing before."
    )


def _may_be_extended(case: Complaint, now: datetime) -> bool:
    return rules.can(case.state, Move.EXTEND) and case.extended_at is None and now < case.due_at


def _headed(_case: Complaint, _user: User, head: bool, _now: datetime) -> bool:
    return head


ACTS: dict[str, Act] = {
    "accept": Act(
        gettext_lazy("Accept"),
        _plain(forms.AcceptForm),
        handling.accept,
        gettext_lazy("Accepted. You handle this case."),
        points=(
            gettext_lazy("You become its handler."),
            gettext_lazy("The complainant reads that it is accepted."),
        ),
        move=Move.ACCEPT,
        primary=True,
    ),
    "refuse": Act(
        gettext_lazy("Do not accept"),
        _plain(forms.RefuseForm),
        handling.refuse,
        gettext_lazy("The complainant reads why it is not accepted and which door is the right one."),
        points=(gettext_lazy("The case ends with this."),),
        move=Move.REFUSE,
        offered=lambda case, _user, _head, _now: case.redo_of_id is None,
        beside="complaint",
    ),
    "dispatch": Act(
        gettext_lazy("Who verifies"),
        _plain(forms.DispatchForm),
        handling.dispatch,
        gettext_lazy("Saved who verifies."),
        points=(gettext_lazy("The time to answer keeps running."),),
        move=Move.DISPATCH,
        offered=_handler,
        then=_question,
    ),
    "submit": Act(
        gettext_lazy("Draft the answer"),
        _plain(forms.SubmitForm),
        handling.submit,
        gettext_lazy("Handed in. Somebody else checks and closes it."),
        move=Move.SUBMIT,
        offered=_handler,
        primary=True,
        beside="complaint",
    ),
    "close": Act(
        gettext_lazy("Check and close"),
        _close_form,
        handling.close,
        gettext_lazy("The case is closed."),
        points=(
            gettext_lazy("On the page of a receipt the answer stands at once."),
            gettext_lazy(
                "Told in any other way, it is answered when you enter that the complainant was told."
            ),
        ),
        move=Move.CLOSE,
        offered=lambda case, user, _head, _now: case.submitted_by_id != user.pk,
        primary=True,
        beside="answer",
    ),
    "send_back": Act(
        gettext_lazy("Send back"),
        _plain(forms.SendBackForm),
        handling.send_back,
        gettext_lazy("Sent back to its handler."),
        move=Move.SEND_BACK,
        beside="answer",
    ),
    "feed_back": Act(
        gettext_lazy("Enter that the complainant was told"),
        _feed_back_form,
        handling.feed_back,
        gettext_lazy("The case is answered."),
        move=Move.FEED_BACK,
        offered=lambda case, _user, _head, _now: case.closed_at is not None,
        primary=True,
        beside="answer",
    ),
    "extend": Act(
        gettext_lazy("Extend"),
        _extend_form,
        handling.extend,
        gettext_lazy("Extended. The complainant reads the reason and the new day."),
        points=(
            gettext_lazy("Once, and only before the time is over."),
            gettext_lazy("It never counts as answered within 3 days again."),
        ),
        move=Move.EXTEND,
        offered=lambda case, user, head, now: (
            head and case.handler_id != user.pk and _may_be_extended(case, now)
        ),
    ),
    "link": Act(
        gettext_lazy("Link as a duplicate"),
        _link_form,
        handling.link,
        gettext_lazy("Linked. It is answered together with the other case."),
        move=Move.LINK,
        offered=lambda case, _user, _head, _now: case.redo_of_id is None,
    ),
    "assign": Act(
        gettext_lazy("Give to another handler"),
        _assign_form,
        handling.assign,
        gettext_lazy("It has another handler now."),
        offered=lambda case, _user, _head, _now: case.state == State.ACCEPTED,
    ),
    "refer": Act(
        gettext_lazy("Refer to the discipline inspection commission"),
        _plain(forms.ReferForm),
        handling.refer,
        gettext_lazy("Referred. The case is frozen, and only the commission sees it."),
        points=(
            gettext_lazy("The case is frozen and hidden, from you too."),
            gettext_lazy("This cannot be undone."),
        ),
        move=Move.REFER,
        offered=_headed,
        stays=False,
    ),
    "call_back": Act(
        gettext_lazy("Enter a call"),
        _plain(forms.CallBackForm),
        handling.call_back,
        gettext_lazy("The call has been entered."),
        offered=lambda case, _user, _head, _now: bool(case.source.contact_phone),
    ),
    "recuse": Act(
        gettext_lazy("Step back from this case"),
        _plain(forms.RecuseForm),
        stepping_back.recuse,
        gettext_lazy("You have stepped back."),
        points=(gettext_lazy("You will not see this case any more."),),
        stays=False,
    ),
}


def _is_possible(act: Act, case: Complaint) -> bool:
    return case.state != State.REFERRED if act.move is None else rules.can(case.state, act.move)


def _acts(request: HttpRequest, case: Complaint, now: datetime) -> dict[str, list[dict[str, Any]]]:
    """What this person can do now, first what comes next."""
    user, head = user_of(request), access_for(request).has(Role.EXPRESS_HEAD)
    found: dict[str, list[dict[str, Any]]] = {"primary": [], "other": []}
    for name, act in ACTS.items():
        if _is_possible(act, case) and act.offered(case, user, head, now):
            url = reverse(f"complaint_{name}", args=[case.number])
            found["primary" if act.primary else "other"].append({"label": act.title, "url": url})
    return found


def act_view(name: str) -> Callable[[HttpRequest, str], HttpResponse]:
    """The page of one of ACTS."""

    def view(request: HttpRequest, number: str) -> HttpResponse:
        return _act(request, number, ACTS[name])

    return view


def _act(request: HttpRequest, number: str, act: Act) -> HttpResponse:
    case, now = case_of(request, number), timezone.now()
    if request.method != "POST" and not _is_possible(act, case):
        state = case.get_state_display()
        messages.error(request, _("This cannot be done with a case that is “%(state)s”.") % {"state": state})
        return redirect("complaint", case.number)
    form = act.form(request, case, now)
    moved: list[MovedOn] = []

    def verb() -> None:
        try:
            act.verb(case=case, **form.given(), actor=user_of(request), now=now)
        except MovedOn as overtaken:
            moved.append(overtaken)
            raise

    if form.is_valid() and accepted(form, verb):
        url, said = act.then(case, form.given()) or (None, str(act.said))
        messages.success(request, said)
        if url is not None:
            return redirect(url)
        return redirect("complaint", case.number) if act.stays else redirect("complaints")
    if moved:
        return _overtaken(request, act, form, moved[0], now)
    return _form_page(request, act, form, case, now)


def _overtaken(request: HttpRequest, act: Act, form: Any, moved: MovedOn, now: datetime) -> HttpResponse:
    """What was written stays in the form, beside what the other has saved."""
    case = case_of(request, moved.case.number)
    form.show_revision(case.revision)
    return _form_page(request, act, form, case, now, saved=desk_words.saved(case))


def _form_page(
    request: HttpRequest, act: Act, form: Any, case: Complaint, now: datetime, **more: Any
) -> HttpResponse:
    first, warning = getattr(form, "points", ()), getattr(form, "warning", "")
    said = {"title": act.title, "points": (*first, *act.points), "warning": warning}
    context = {**head_of(case, now), **said, "source": case.source, **more}
    shown = {"show_complaint": act.beside == "complaint", "show_answer": act.beside == "answer" and not more}
    return private(render_form(request, "complaints/act.html", form, **context, **shown))


# --- Interests ------------------------------------------------------------------------------------------------------


def own_interests(request: HttpRequest) -> HttpResponse:
    form, now = forms.InterestForm(posted(request)), timezone.now()
    if form.is_valid() and accepted(form, lambda: _declare(form.cleaned_data, user_of(request), now)):
        messages.success(request, _("Declared. Nothing about this person is shown to you any more."))
        return redirect("interests")
    declared = Interest.objects.filter(user=user_of(request), cadre__isnull=False)
    declared = declared.select_related("cadre__unit").order_by("-declared_at", "-pk")
    return private(render_form(request, "complaints/interests.html", form, declared=declared))


def interest_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    own = Interest.objects.filter(user=user_of(request), cadre__isnull=False).select_related("cadre__unit")
    interest, form = get_object_or_404(own, pk=pk), forms.WithdrawForm(posted(request))

    def withdraw() -> None:
        stepping_back.interest_withdraw(
            interest=interest, **form.cleaned_data, actor=user_of(request), now=timezone.now()
        )

    if form.is_valid() and accepted(form, withdraw):
        messages.success(request, _("Withdrawn. Cases about this person are shown to you again."))
        return redirect("interests")
    context = {"title": _("Withdraw an interest"), "lead": f"{interest.cadre} · {interest.reason}"}
    back = {"back_label": _("My interests"), "back_url": reverse("interests")}
    return private(render_form(request, "cards/form_page.html", form, **context, **back))


def _declare(given: dict[str, Any], actor: User, now: datetime) -> None:
    """Of two with one name both: the wrong one is no harm, the right one must not be missed."""
    people = list(Cadre.objects.filter(unit=given["unit"], name=given["name"].strip()))
    if not people:
        raise Refused(_("Nobody of this name is in that unit."), "name")
    for cadre in people:
        stepping_back.interest_declare(cadre=cadre, reason=given["reason"], actor=actor, now=now)
