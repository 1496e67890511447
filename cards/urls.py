"""A plaque's code carries /C/<TOKEN> in capitals; people type it in any case."""

from django.urls import path, re_path

from cards.views import (
    board,
    bulk,
    bulk_whereabouts,
    door,
    issuing,
    merging,
    mine,
    moving,
    officer,
    people,
    placements,
    printing,
    public,
)

TOKEN = r"(?P<token>[^/.]{1,64})"

urlpatterns = [
    # Citizens
    path("", public.home, name="home"),
    re_path(r"^[cC]/$", public.by_code, name="card_by_code"),
    re_path(rf"^[cC]/{TOKEN}\.vcf$", public.vcard_file, name="card_vcard"),
    re_path(rf"^[cC]/{TOKEN}\.jpg$", public.photo, name="card_photo"),
    re_path(rf"^[cC]/{TOKEN}/?$", public.card, name="card"),
    re_path(rf"^door/{TOKEN}\.png$", door.picture, name="door_png"),
    re_path(rf"^door/{TOKEN}/?$", door.screen, name="door"),
    # The cadre
    path("me/", mine.whereabouts, name="my_whereabouts"),
    path("me/leave/", mine.leave, name="my_leave"),
    path("me/leave/<int:pk>/cancel/", mine.plan_cancel, name="my_plan_cancel"),
    path("me/consent/", mine.consent, name="my_consent"),
    # People and cards
    path("desk/cadres/", people.cadres, name="cadres"),
    path("desk/cadres/new/", people.cadre_new, name="cadre_new"),
    path("desk/cadres/bulk/", bulk.cadres_bulk, name="cadres_bulk"),
    path("desk/cadres/<int:pk>/", people.cadre, name="cadre"),
    path("desk/cadres/<int:pk>/edit/", people.cadre_edit, name="cadre_edit"),
    path("desk/cadres/<int:pk>/photo.jpg", people.photo, name="cadre_photo"),
    path("desk/cadres/<int:pk>/end/", people.end_service, name="cadre_end_service"),
    path("desk/cadres/<int:pk>/transfer/", moving.propose, name="transfer_new"),
    path("desk/cadres/<int:pk>/placements/new/", placements.placement_new, name="placement_new"),
    path(
        "desk/cadres/<int:pk>/placements/<int:placement_pk>/",
        placements.placement_edit,
        name="placement_edit",
    ),
    path(
        "desk/cadres/<int:pk>/placements/<int:placement_pk>/end/",
        placements.placement_end,
        name="placement_end",
    ),
    path("desk/transfers/", moving.transfers, name="transfers"),
    path("desk/transfers/<int:pk>/", moving.decide, name="transfer_decide"),
    path("desk/transfers/<int:pk>/withdraw/", moving.withdraw, name="transfer_withdraw"),
    path("desk/units/<int:pk>/merge/", merging.unit_merge, name="unit_merge"),
    path("desk/cadres/<int:pk>/whereabouts/", officer.whereabouts, name="cadre_whereabouts"),
    path(
        "desk/cadres/<int:pk>/whereabouts/<int:plan_pk>/cancel/",
        officer.plan_cancel,
        name="cadre_plan_cancel",
    ),
    path("desk/cadres/<int:pk>/consent/", officer.consent, name="cadre_consent"),
    path("desk/cadres/<int:pk>/account/", officer.account, name="cadre_account"),
    path("desk/cadres/<int:pk>/card/request/", issuing.request_card, name="card_request"),
    path("desk/cadres/<int:pk>/card/revoke/", issuing.revoke, name="card_revoke"),
    path("desk/cadres/<int:pk>/plaque.pdf", issuing.plaque, name="card_plaque"),
    path("desk/print/", printing.print_documents, name="print"),
    path("desk/reprints/", printing.reprint_list, name="reprints"),
    path("desk/reprints/print/", printing.reprints_print, name="reprints_print"),
    path("desk/cards/", issuing.requests, name="card_requests"),
    path("desk/cards/approve/", bulk.card_requests_bulk, name="card_requests_bulk"),
    path("desk/cards/<int:pk>/", issuing.decide, name="card_decide"),
    path("desk/board/", board.board, name="board"),
    path("desk/board/<str:code>/", board.board_unit, name="board_unit"),
    path("desk/whereabouts/", bulk_whereabouts.whereabouts_bulk, name="whereabouts_bulk"),
    path("desk/whereabouts/undo/", bulk_whereabouts.undo, name="whereabouts_bulk_undo"),
    path("desk/offices/", people.offices, name="offices"),
    path("desk/offices/new/", people.office_new, name="office_new"),
    path("desk/offices/<int:pk>/", people.office_edit, name="office_edit"),
]
