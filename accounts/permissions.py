"""Who may open what: one row for every named URL.

The middleware enforces it, the navigation is drawn from it, the permission and accessibility tests walk it.
A URL without a row answers nobody and fails the tests.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Role


class Reach(IntEnum):
    """How far a role's hand goes on a page; with several roles the farthest counts."""

    SELF = 1
    UNIT = 2
    GROUP = 3
    CITY = 4


GET = frozenset({"GET", "HEAD"})
POST = frozenset({"POST"})
BOTH = GET | POST

CADRE: dict[str, Reach] = {Role.CADRE: Reach.SELF}
OFFICER: dict[str, Reach] = {Role.UNIT_OFFICER: Reach.UNIT}
UNIT_LEAD: dict[str, Reach] = {Role.LEADING_GROUP_HEAD: Reach.UNIT}
EXPRESS: dict[str, Reach] = {Role.EXPRESS_STAFF: Reach.CITY, Role.EXPRESS_HEAD: Reach.CITY}
EXPRESS_HEADS: dict[str, Reach] = {Role.EXPRESS_HEAD: Reach.CITY}
DISCIPLINE: dict[str, Reach] = {Role.DISCIPLINE: Reach.CITY}
SUPERVISORS: dict[str, Reach] = {Role.SUPERVISOR: Reach.GROUP}
ADMINISTRATORS: dict[str, Reach] = {Role.ADMINISTRATOR: Reach.CITY}
#: Who sets how inspections are done.
INSPECTION: dict[str, Reach] = {Role.EXPRESS_HEAD: Reach.CITY, Role.ADMINISTRATOR: Reach.CITY}


@dataclass(frozen=True)
class Page:
    methods: frozenset[str]
    #: Empty for pages that are public or for everybody signed in.
    roles: Mapping[str, Reach] = field(default_factory=dict)
    public: bool = False
    #: The page is about one object: others' objects answer 404.
    detail: bool = False
    #: Reachable before a mandatory second factor is set up.
    before_second_factor: bool = False
    #: Label in the navigation; only pages without arguments have one.
    nav: Promise | str = ""
    #: Behind “More”: what is not opened every day.
    tucked: bool = False


def public(methods: frozenset[str] = GET, *, detail: bool = False) -> Page:
    return Page(methods, public=True, detail=detail, before_second_factor=True)


def signed_in(
    methods: frozenset[str] = GET,
    *,
    detail: bool = False,
    before_second_factor: bool = False,
    nav: Promise | str = "",
) -> Page:
    return Page(methods, detail=detail, before_second_factor=before_second_factor, nav=nav)


TABLE: dict[str, Page] = {
    # Everybody
    "home": public(),
    "healthz": public(),
    "styleguide": public(),
    "card": public(detail=True),
    "card_by_code": public(),
    "card_vcard": public(detail=True),
    "card_photo": public(detail=True),
    "door": public(detail=True),
    "door_png": public(detail=True),
    # Complaining and following it; the number of a receipt travels in POSTs alone
    "complain": public(BOTH),
    "complain_image": public(detail=True),
    "praise": public(BOTH),
    "receipt": public(BOTH),
    "receipt_image": public(POST),
    "receipt_rate": public(POST),
    "receipt_redo": public(POST),
    # Signing in; before anything else is known about the person
    "account_login": public(BOTH),
    "account_inactive": public(),
    "mfa_authenticate": public(BOTH),
    "activate": public(BOTH),
    # Everybody's own account
    "account_logout": signed_in(BOTH, before_second_factor=True),
    "account_reauthenticate": signed_in(BOTH, before_second_factor=True),
    "account_change_password": signed_in(BOTH),
    "account_security": signed_in(),
    "mfa_index": signed_in(before_second_factor=True),
    "mfa_activate_totp": signed_in(BOTH, before_second_factor=True),
    "mfa_totp_qr": signed_in(before_second_factor=True),
    "mfa_deactivate_totp": signed_in(BOTH),
    "mfa_reauthenticate": signed_in(BOTH, before_second_factor=True),
    "mfa_view_recovery_codes": signed_in(before_second_factor=True),
    "mfa_generate_recovery_codes": signed_in(BOTH, before_second_factor=True),
    "mfa_download_recovery_codes": signed_in(before_second_factor=True),
    "usersessions_list": signed_in(BOTH),
    # The landing page sends or shows everybody what is theirs
    "desk": signed_in(nav=_("Desk")),
    # What one should know, in the list and by e-mail
    "notices": signed_in(nav=_("My notices")),
    "notice": signed_in(detail=True),
    "notices_read": signed_in(POST),
    "my_email": signed_in(BOTH),
    "my_email_confirm": signed_in(BOTH),
    "my_email_remove": signed_in(POST),
    # The daily sheet, walked by the unit's officer
    "sheet_today": Page(GET, OFFICER, nav=_("Daily sheet")),
    "sheet": Page(GET, OFFICER, detail=True),
    "sheet_mark": Page(POST, OFFICER, detail=True),
    "sheet_person": Page(BOTH, OFFICER, detail=True),
    "sheet_verified": Page(POST, OFFICER, detail=True),
    "sheet_submit": Page(POST, OFFICER, detail=True),
    "sheet_discard": Page(POST, OFFICER, detail=True),
    "mark_photo": Page(GET, OFFICER, detail=True),
    # A cadre's own page
    "my_whereabouts": Page(BOTH, CADRE, nav=_("My whereabouts")),
    "my_leave": Page(POST, CADRE),
    "my_plan_cancel": Page(POST, CADRE, detail=True),
    "my_consent": Page(BOTH, CADRE),
    # Findings: one's own, and those of the units
    "my_findings": Page(GET, CADRE),
    "my_finding": Page(BOTH, CADRE, detail=True),
    "findings": Page(GET, OFFICER | UNIT_LEAD | EXPRESS | SUPERVISORS, nav=_("Findings")),
    "finding": Page(GET, OFFICER | UNIT_LEAD | EXPRESS | SUPERVISORS, detail=True),
    "finding_tell": Page(POST, OFFICER, detail=True),
    "finding_defend": Page(POST, OFFICER | UNIT_LEAD, detail=True),
    "finding_decide": Page(POST, UNIT_LEAD | EXPRESS, detail=True),
    "finding_photo": Page(GET, CADRE | OFFICER | UNIT_LEAD | EXPRESS | SUPERVISORS, detail=True),
    # The month: its path through the unit to the city
    "months": Page(GET, OFFICER | UNIT_LEAD | EXPRESS | SUPERVISORS, nav=_("Monthly assessment")),
    "months_trend": Page(GET, OFFICER | UNIT_LEAD | EXPRESS | SUPERVISORS),
    "months_xlsx": Page(GET, OFFICER | UNIT_LEAD | EXPRESS | SUPERVISORS),
    "month": Page(GET, OFFICER | UNIT_LEAD | EXPRESS | SUPERVISORS, detail=True),
    # What points and money follow from, and what the city sets for the month
    "standards": Page(
        GET, OFFICER | UNIT_LEAD | EXPRESS | SUPERVISORS, nav=_("Standard of the month"), tucked=True
    ),
    "standard": Page(GET, OFFICER | UNIT_LEAD | EXPRESS | SUPERVISORS, detail=True),
    "standard_new": Page(BOTH, EXPRESS),
    "standard_edit": Page(BOTH, EXPRESS, detail=True),
    "standard_preview": Page(GET, EXPRESS, detail=True),
    "standard_adopt": Page(POST, EXPRESS_HEADS, detail=True),
    "standard_withdraw": Page(BOTH, EXPRESS, detail=True),
    "appraisal_settings": Page(BOTH, INSPECTION, nav=_("Settings of the month"), tucked=True),
    "my_standard": Page(GET, CADRE),
    "month_confirm": Page(POST, UNIT_LEAD | EXPRESS, detail=True),
    "month_publish": Page(POST, UNIT_LEAD | EXPRESS, detail=True),
    "month_report": Page(POST, UNIT_LEAD | EXPRESS, detail=True),
    "month_nil": Page(POST, OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    "month_accept": Page(POST, EXPRESS, detail=True),
    "month_send_back": Page(POST, EXPRESS, detail=True),
    "month_sheet": Page(GET, OFFICER | UNIT_LEAD | EXPRESS | SUPERVISORS, detail=True),
    # A number and its reason
    "entry": Page(GET, OFFICER | UNIT_LEAD | EXPRESS | SUPERVISORS, detail=True),
    "entry_print": Page(GET, CADRE | OFFICER | UNIT_LEAD | EXPRESS | SUPERVISORS, detail=True),
    # A cadre's own months, and what their unit publishes
    "my_months": Page(GET, CADRE),
    "my_month": Page(GET, CADRE, detail=True),
    "my_entry": Page(GET, CADRE, detail=True),
    "unit_month": Page(GET, CADRE, detail=True),
    # Objections to what a month counts: one's own, and those of the units
    "objection_new": Page(BOTH, CADRE, detail=True),
    "my_objection": Page(GET, CADRE, detail=True),
    "objection_enter": Page(BOTH, OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    "objections": Page(
        GET, OFFICER | UNIT_LEAD | EXPRESS | SUPERVISORS, nav=_("Objections to months"), tucked=True
    ),
    "objection": Page(GET, OFFICER | UNIT_LEAD | EXPRESS | SUPERVISORS, detail=True),
    "objection_decide": Page(POST, UNIT_LEAD | EXPRESS, detail=True),
    "objection_withdraw": Page(BOTH, CADRE | OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    # Reviews and appeals of measures and annual results: asked for by whom they are about, decided by the Express
    "my_rights": Page(GET, CADRE),
    "my_reviews": Page(GET, CADRE),
    "my_review": Page(GET, CADRE, detail=True),
    "my_sanction_review": Page(BOTH, CADRE, detail=True),
    "my_year_review": Page(BOTH, CADRE, detail=True),
    "sanction_review": Page(BOTH, OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    "result_review": Page(BOTH, OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    "reviews": Page(GET, OFFICER | UNIT_LEAD | EXPRESS, nav=_("Reviews and appeals"), tucked=True),
    "review": Page(GET, OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    "review_decide": Page(POST, EXPRESS, detail=True),
    "appeal_enter": Page(POST, EXPRESS, detail=True),
    "review_withdraw": Page(BOTH, CADRE | OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    # What a month proposes to withhold: money is seen by the unit and the city, and entered by the unit alone
    "my_withholding": Page(GET, CADRE, detail=True),
    "withholding_months": Page(GET, OFFICER | UNIT_LEAD | EXPRESS, nav=_("Withholdings"), tucked=True),
    "withholdings": Page(GET, OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    "withholdings_xlsx": Page(GET, OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    "withholdings_send": Page(BOTH, OFFICER | EXPRESS, detail=True),
    "withholdings_execute": Page(BOTH, OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    "withholdings_not_execute": Page(BOTH, OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    "withholding_execute": Page(BOTH, OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    "withholding_not_execute": Page(BOTH, OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    "withholding_paid_back": Page(BOTH, OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    # Measures of the ladder: proposed and served by units and city, decided by the Express, referred to the commission
    "sanctions": Page(
        GET, OFFICER | UNIT_LEAD | EXPRESS | DISCIPLINE, nav=_("Measures of the ladder"), tucked=True
    ),
    "sanction_new": Page(BOTH, EXPRESS),
    "sanction": Page(GET, OFFICER | UNIT_LEAD | EXPRESS | DISCIPLINE, detail=True),
    "sanction_tell": Page(POST, OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    "sanction_defend": Page(POST, OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    "sanction_decide": Page(POST, EXPRESS, detail=True),
    "sanction_serve": Page(POST, OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    "sanction_set_aside": Page(BOTH, EXPRESS, detail=True),
    "sanction_pdf": Page(GET, OFFICER | UNIT_LEAD | EXPRESS | DISCIPLINE, detail=True),
    "sanction_clues": Page(GET, DISCIPLINE, detail=True),
    "ladder": Page(
        GET,
        OFFICER | UNIT_LEAD | EXPRESS | SUPERVISORS | DISCIPLINE,
        nav=_("Ladder of measures"),
        tucked=True,
    ),
    "trigger": Page(BOTH, EXPRESS_HEADS, detail=True),
    "my_sanctions": Page(GET, CADRE),
    "my_sanction": Page(BOTH, CADRE, detail=True),
    "my_sanction_pdf": Page(GET, CADRE, detail=True),
    # Monthly assessed bonus bases: money, as above
    "bonus": Page(GET, OFFICER | UNIT_LEAD | EXPRESS, nav=_("Monthly bonus bases"), tucked=True),
    "bonus_person": Page(GET, OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    "bonus_set": Page(POST, OFFICER | EXPRESS, detail=True),
    "bonus_remove": Page(POST, OFFICER | EXPRESS, detail=True),
    "bonus_import": Page(BOTH, OFFICER | EXPRESS),
    "bonus_template": Page(GET, OFFICER | EXPRESS),
    # Whether it helps: the city's figures, beside a baseline that the head of the Express answers for
    "effect": Page(GET, EXPRESS, nav=_("Effect"), tucked=True),
    "effect_xlsx": Page(GET, EXPRESS),
    "baseline": Page(GET, EXPRESS),
    "baseline_new": Page(BOTH, EXPRESS_HEADS),
    "baseline_import": Page(BOTH, EXPRESS_HEADS),
    "baseline_template": Page(GET, EXPRESS_HEADS),
    "baseline_remove": Page(BOTH, EXPRESS_HEADS, detail=True),
    # The rollout: waves and their days by the city, visits and orders by the groups, answers by the units
    "rollout": Page(GET, OFFICER | UNIT_LEAD | EXPRESS | SUPERVISORS, nav=_("Rollout"), tucked=True),
    "wave_new": Page(BOTH, EXPRESS),
    "wave_edit": Page(BOTH, EXPRESS, detail=True),
    "wave_units": Page(BOTH, EXPRESS, detail=True),
    "rollout_unit": Page(GET, OFFICER | UNIT_LEAD | EXPRESS | SUPERVISORS, detail=True),
    "rollout_edit": Page(BOTH, OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    "rollout_deadline": Page(BOTH, EXPRESS, detail=True),
    "rollout_hotlines": Page(BOTH, EXPRESS | SUPERVISORS, detail=True),
    "rollout_report": Page(POST, OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    "rollout_complete": Page(POST, EXPRESS, detail=True),
    "rollout_reopen": Page(BOTH, EXPRESS, detail=True),
    "visit_new": Page(BOTH, EXPRESS | SUPERVISORS, detail=True),
    "orders": Page(GET, OFFICER | UNIT_LEAD | EXPRESS | SUPERVISORS),
    "order": Page(GET, OFFICER | UNIT_LEAD | EXPRESS | SUPERVISORS, detail=True),
    "order_new": Page(BOTH, EXPRESS | SUPERVISORS, detail=True),
    "order_answer": Page(POST, OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    "order_check": Page(POST, EXPRESS | SUPERVISORS, detail=True),
    # Post responsibilities of a year, and the record of a cadre
    "responsibilities": Page(GET, OFFICER | UNIT_LEAD | EXPRESS, nav=_("Post responsibilities"), tucked=True),
    "responsibility": Page(GET, OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    "responsibility_edit": Page(BOTH, OFFICER, detail=True),
    "responsibilities_import": Page(BOTH, OFFICER),
    "responsibilities_template": Page(GET, OFFICER),
    "my_responsibilities": Page(GET, CADRE),
    "record": Page(GET, OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    "record_pdf": Page(POST, OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    "my_record": Page(GET, CADRE),
    "my_record_pdf": Page(GET, CADRE),
    # The city's bulletins: read by the units, drafted by the Express, signed by its head, and for everybody
    "bulletins": Page(GET, OFFICER | UNIT_LEAD | EXPRESS | SUPERVISORS, nav=_("Bulletins"), tucked=True),
    "bulletin": Page(GET, OFFICER | UNIT_LEAD | EXPRESS | SUPERVISORS, detail=True),
    "bulletin_pdf": Page(GET, OFFICER | UNIT_LEAD | EXPRESS | SUPERVISORS, detail=True),
    "bulletin_docx": Page(GET, OFFICER | UNIT_LEAD | EXPRESS | SUPERVISORS, detail=True),
    "bulletin_xlsx": Page(GET, OFFICER | UNIT_LEAD | EXPRESS | SUPERVISORS, detail=True),
    "bulletin_draft": Page(POST, EXPRESS),
    "bulletin_complaints": Page(GET, EXPRESS, detail=True),
    "bulletin_edit": Page(BOTH, EXPRESS, detail=True),
    "bulletin_sign": Page(BOTH, EXPRESS_HEADS, detail=True),
    "bulletin_correct": Page(BOTH, EXPRESS, detail=True),
    "bulletin_discard": Page(POST, EXPRESS, detail=True),
    "public_bulletins": public(),
    "public_bulletin": public(detail=True),
    "public_bulletin_pdf": public(detail=True),
    # The year: the unit grades, the city decides; a person's own, and what hangs in their unit
    "years": Page(GET, OFFICER | UNIT_LEAD | EXPRESS, nav=_("Annual appraisal"), tucked=True),
    "year_compute": Page(POST, EXPRESS),
    "year_settings": Page(BOTH, EXPRESS_HEADS, nav=_("Settings of the year"), tucked=True),
    "year": Page(GET, EXPRESS, detail=True),
    "year_eligible": Page(GET, EXPRESS, detail=True),
    "unit_year": Page(GET, OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    "unit_year_grades": Page(POST, OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    "unit_year_propose": Page(POST, OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    "unit_year_publish": Page(POST, UNIT_LEAD | EXPRESS, detail=True),
    "unit_year_decide": Page(POST, EXPRESS, detail=True),
    "unit_year_send_back": Page(POST, EXPRESS, detail=True),
    "unit_year_quota": Page(POST, EXPRESS, detail=True),
    "unit_year_commend": Page(POST, EXPRESS, detail=True),
    "unit_year_commend_undo": Page(POST, EXPRESS, detail=True),
    "unit_year_notice": Page(GET, OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    "unit_year_file": Page(GET, OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    "unit_year_result": Page(GET, OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    "unit_year_hand_over": Page(POST, OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    "unit_year_look_again": Page(POST, EXPRESS, detail=True),
    "unit_year_result_commend": Page(POST, EXPRESS, detail=True),
    "unit_year_result_commend_undo": Page(POST, EXPRESS, detail=True),
    "unit_year_result_notice": Page(GET, OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    "unit_year_result_file": Page(GET, OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    "my_years": Page(GET, CADRE),
    "my_year": Page(GET, CADRE, detail=True),
    "my_unit_year": Page(GET, CADRE, detail=True),
    "my_year_notice": Page(GET, CADRE, detail=True),
    "my_year_file": Page(GET, CADRE, detail=True),
    # The commendation of a year: names of persons for those who are signed in only
    "circular": Page(GET, EXPRESS, detail=True),
    "circular_draft": Page(POST, EXPRESS, detail=True),
    "circular_edit": Page(BOTH, EXPRESS, detail=True),
    "circular_sign": Page(BOTH, EXPRESS, detail=True),
    "circular_pdf": Page(GET, EXPRESS, detail=True),
    "circular_docx": Page(GET, EXPRESS, detail=True),
    "public_circular": public(detail=True),
    # Complaints: what the accused and the unit are asked, who writes it, and what the accused is shown
    "my_points": Page(GET, CADRE),
    "my_point": Page(BOTH, CADRE, detail=True),
    "my_statement": Page(GET, CADRE, detail=True),
    "my_praises": Page(GET, CADRE),
    "unit_praises": Page(GET, OFFICER, nav=_("Praise"), tucked=True),
    "unit_points": Page(GET, OFFICER | UNIT_LEAD, nav=_("Verification points"), tucked=True),
    "unit_point": Page(BOTH, OFFICER | UNIT_LEAD, detail=True),
    "unit_point_return": Page(BOTH, OFFICER | UNIT_LEAD, detail=True),
    "complaint_point_new": Page(BOTH, EXPRESS, detail=True),
    "complaint_point_decide": Page(BOTH, EXPRESS_HEADS, detail=True),
    "complaint_point_answer": Page(BOTH, EXPRESS, detail=True),
    # Complaints at the desk; the commission sees what was referred to it
    "complaints": Page(GET, EXPRESS | DISCIPLINE, nav=_("Complaints")),
    "interests": Page(BOTH, EXPRESS),
    "interest_withdraw": Page(BOTH, EXPRESS, detail=True),
    "complaint_numbers": Page(GET, EXPRESS),
    # What substantiated ones count as in the month
    "outcomes": Page(GET, EXPRESS, nav=_("Outcomes to count"), tucked=True),
    "outcome": Page(BOTH, EXPRESS, detail=True),
    "outcome_undo": Page(POST, EXPRESS, detail=True),
    "praises": Page(GET, EXPRESS),
    "complaint_settings": Page(BOTH, INSPECTION, nav=_("Complaint settings"), tucked=True),
    "complaint": Page(GET, EXPRESS | DISCIPLINE, detail=True),
    "complaint_image": Page(GET, EXPRESS | DISCIPLINE, detail=True),
    "complaint_unmask": Page(BOTH, EXPRESS | DISCIPLINE, detail=True),
    "complaint_enter": Page(BOTH, EXPRESS),
    "complaint_hotline": Page(BOTH, EXPRESS),
    "hotline_template": Page(GET, EXPRESS),
    "hotline_sheet": Page(BOTH, EXPRESS, detail=True),
    "complaint_caller": Page(BOTH, EXPRESS),
    "complaint_receipt_renew": Page(BOTH, EXPRESS, detail=True),
    "complaint_accept": Page(BOTH, EXPRESS, detail=True),
    "complaint_refuse": Page(BOTH, EXPRESS, detail=True),
    "complaint_dispatch": Page(BOTH, EXPRESS, detail=True),
    "complaint_assign": Page(BOTH, EXPRESS, detail=True),
    "complaint_link": Page(BOTH, EXPRESS, detail=True),
    "complaint_extend": Page(BOTH, EXPRESS_HEADS, detail=True),
    "complaint_submit": Page(BOTH, EXPRESS, detail=True),
    "complaint_send_back": Page(BOTH, EXPRESS, detail=True),
    "complaint_close": Page(BOTH, EXPRESS, detail=True),
    "complaint_feed_back": Page(BOTH, EXPRESS, detail=True),
    "complaint_refer": Page(BOTH, EXPRESS_HEADS, detail=True),
    "complaint_call_back": Page(BOTH, EXPRESS, detail=True),
    "complaint_recuse": Page(BOTH, EXPRESS, detail=True),
    # Draws, which anybody may check, and spot checks as they are planned
    "public_draws": public(),
    "draw": public(detail=True),
    "draw_data": public(detail=True),
    "draw_pool": public(detail=True),
    "draw_script": public(),
    "spot_checks": Page(GET, EXPRESS | SUPERVISORS, nav=_("Spot checks")),
    "spot_new": Page(BOTH, EXPRESS | SUPERVISORS),
    "spot_check": Page(GET, EXPRESS | SUPERVISORS, detail=True),
    "draws": Page(GET, EXPRESS),
    "draw_new": Page(BOTH, EXPRESS),
    "draw_reveal": Page(BOTH, EXPRESS, detail=True),
    "draw_again": Page(BOTH, EXPRESS, detail=True),
    "draw_call_off": Page(BOTH, EXPRESS, detail=True),
    # Spot checks on site, and what sheets are worth beside them
    "spot_door": Page(BOTH, EXPRESS | SUPERVISORS, detail=True),
    "spot_person": Page(BOTH, EXPRESS | SUPERVISORS, detail=True),
    "spot_close": Page(BOTH, EXPRESS | SUPERVISORS, detail=True),
    "spot_cancel": Page(BOTH, EXPRESS | SUPERVISORS, detail=True),
    "comparison": Page(GET, EXPRESS | SUPERVISORS, nav=_("Comparison"), tucked=True),
    "coverage": Page(GET, EXPRESS | SUPERVISORS),
    "coverage_csv": Page(GET, EXPRESS | SUPERVISORS),
    # What remains of the daily sheets
    "sheets": Page(GET, OFFICER | UNIT_LEAD | EXPRESS | SUPERVISORS, nav=_("Past rounds"), tucked=True),
    "round": Page(GET, OFFICER | UNIT_LEAD | EXPRESS | SUPERVISORS, detail=True),
    "sheet_paper": Page(BOTH, OFFICER, detail=True),
    "sheet_blank": Page(GET, OFFICER | UNIT_LEAD, detail=True),
    "correction_new": Page(BOTH, OFFICER, detail=True),
    "corrections": Page(GET, OFFICER | UNIT_LEAD | EXPRESS | SUPERVISORS),
    "correction": Page(BOTH, OFFICER | UNIT_LEAD | EXPRESS, detail=True),
    # Who is at post now
    "board": Page(GET, OFFICER | UNIT_LEAD | EXPRESS | SUPERVISORS, nav=_("Who is at post")),
    "board_unit": Page(GET, OFFICER | UNIT_LEAD | EXPRESS | SUPERVISORS, detail=True),
    "whereabouts_bulk": Page(BOTH, OFFICER),
    "whereabouts_bulk_undo": Page(POST, OFFICER),
    # The week of those who work in shifts
    "shifts": Page(GET, OFFICER | UNIT_LEAD, nav=_("Shifts"), tucked=True),
    "shifts_save": Page(POST, OFFICER),
    "shift_pattern_new": Page(BOTH, OFFICER),
    "shift_pattern": Page(BOTH, OFFICER, detail=True),
    # People and cards
    "cadres": Page(GET, OFFICER | UNIT_LEAD | EXPRESS | SUPERVISORS, nav=_("People and cards")),
    "cadres_bulk": Page(BOTH, OFFICER),
    "cadre_new": Page(BOTH, OFFICER),
    "roster": Page(BOTH, OFFICER | EXPRESS),
    "roster_template": Page(GET, OFFICER | EXPRESS),
    "roster_export": Page(GET, OFFICER | EXPRESS),
    "roster_preview": Page(GET, OFFICER | EXPRESS, detail=True),
    "roster_confirm": Page(POST, OFFICER | EXPRESS, detail=True),
    "cadre": Page(GET, OFFICER | UNIT_LEAD | EXPRESS | SUPERVISORS, detail=True),
    "cadre_edit": Page(BOTH, OFFICER, detail=True),
    "cadre_photo": Page(GET, OFFICER | UNIT_LEAD | EXPRESS | SUPERVISORS, detail=True),
    "cadre_whereabouts": Page(BOTH, OFFICER, detail=True),
    "cadre_plan_cancel": Page(POST, OFFICER, detail=True),
    "cadre_consent": Page(BOTH, OFFICER, detail=True),
    "cadre_end_service": Page(BOTH, OFFICER, detail=True),
    "cadre_account": Page(BOTH, OFFICER, detail=True),
    "placement_new": Page(BOTH, OFFICER, detail=True),
    "placement_edit": Page(BOTH, OFFICER, detail=True),
    "placement_end": Page(BOTH, OFFICER, detail=True),
    "transfers": Page(GET, OFFICER),
    "transfer_new": Page(BOTH, OFFICER, detail=True),
    "transfer_decide": Page(BOTH, OFFICER, detail=True),
    "transfer_withdraw": Page(POST, OFFICER, detail=True),
    "card_request": Page(BOTH, OFFICER, detail=True),
    "card_requests": Page(GET, EXPRESS, nav=_("Cards to approve")),
    "card_requests_bulk": Page(BOTH, EXPRESS),
    "card_decide": Page(BOTH, EXPRESS, detail=True),
    "card_revoke": Page(BOTH, OFFICER | EXPRESS, detail=True),
    "card_plaque": Page(POST, OFFICER | EXPRESS, detail=True),
    "card_contact": Page(POST, OFFICER | EXPRESS, detail=True),
    "print": Page(BOTH, OFFICER | EXPRESS, nav=_("Print")),
    "reprints": Page(GET, OFFICER | UNIT_LEAD | EXPRESS, nav=_("Reprints"), tucked=True),
    "reprints_print": Page(POST, OFFICER | EXPRESS),
    # Offices of a unit
    "offices": Page(GET, OFFICER | UNIT_LEAD | EXPRESS, nav=_("Offices"), tucked=True),
    "office_new": Page(BOTH, OFFICER),
    "office_edit": Page(BOTH, OFFICER, detail=True),
    # Long work of a unit, or of the city
    "jobs": Page(GET, OFFICER | EXPRESS, nav=_("Jobs"), tucked=True),
    "job": Page(GET, OFFICER | EXPRESS, detail=True),
    "job_file": Page(GET, OFFICER | EXPRESS, detail=True),
    "job_archive": Page(GET, OFFICER | EXPRESS, detail=True),
    "job_retry": Page(POST, OFFICER | EXPRESS, detail=True),
    # Accounts
    "users": Page(GET, ADMINISTRATORS, nav=_("Accounts")),
    "user_new": Page(BOTH, ADMINISTRATORS),
    "user": Page(GET, ADMINISTRATORS, detail=True),
    "user_membership_new": Page(BOTH, ADMINISTRATORS, detail=True),
    "user_membership_end": Page(BOTH, ADMINISTRATORS, detail=True),
    "user_slip": Page(POST, ADMINISTRATORS, detail=True),
    "user_active": Page(BOTH, ADMINISTRATORS, detail=True),
    "user_reset_second_factor": Page(BOTH, ADMINISTRATORS, detail=True),
    # Units
    "units": Page(GET, ADMINISTRATORS, nav=_("Units")),
    "unit_new": Page(BOTH, ADMINISTRATORS),
    "unit": Page(BOTH, ADMINISTRATORS, detail=True),
    "unit_merge": Page(BOTH, ADMINISTRATORS, detail=True),
    # Lost second factors
    "second_factor_resets": Page(GET, ADMINISTRATORS, nav=_("Second factor"), tucked=True),
    "second_factor_reset_decide": Page(BOTH, ADMINISTRATORS, detail=True),
    # What leaves the house
    "channels": Page(GET, ADMINISTRATORS, nav=_("Channels"), tucked=True),
    "channel_new": Page(BOTH, ADMINISTRATORS),
    "channel_switch": Page(POST, ADMINISTRATORS, detail=True),
    "channel_test": Page(POST, ADMINISTRATORS, detail=True),
    "outbox": Page(GET, ADMINISTRATORS),
    "outbox_retry": Page(POST, ADMINISTRATORS),
    "delivery_retry": Page(POST, ADMINISTRATORS, detail=True),
    # Working days and office hours
    "calendar": Page(GET, OFFICER | UNIT_LEAD | EXPRESS | ADMINISTRATORS, nav=_("Calendar"), tucked=True),
    "calendar_year": Page(GET, OFFICER | UNIT_LEAD | EXPRESS | ADMINISTRATORS, detail=True),
    "calendar_year_edit": Page(BOTH, ADMINISTRATORS, detail=True),
    "office_hours": Page(GET, OFFICER | UNIT_LEAD | EXPRESS | ADMINISTRATORS),
    "office_hours_new": Page(BOTH, ADMINISTRATORS),
    "office_hours_set": Page(GET, OFFICER | UNIT_LEAD | EXPRESS | ADMINISTRATORS, detail=True),
    "office_hours_edit": Page(BOTH, ADMINISTRATORS, detail=True),
    # What the city sets for inspections
    "inspection_settings": Page(BOTH, INSPECTION, nav=_("Inspection settings"), tucked=True),
    "items": Page(GET, INSPECTION),
    "item_new": Page(BOTH, INSPECTION),
    "item_edit": Page(BOTH, INSPECTION, detail=True),
    "item_move": Page(POST, INSPECTION, detail=True),
    # Settings of the city
    "city": Page(BOTH, ADMINISTRATORS, nav=_("City settings")),
}
