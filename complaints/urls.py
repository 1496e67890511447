"""Complaints: intake, the Express's desk, the hearing."""

from django.urls import URLPattern, path, re_path

from complaints.views import caller, desk, entry, hearing, hotline, intake, numbers, praise, receipt, setting

#: Not every word: other pages of the desk stand beside the cases.
NUMBER = r"(?P<number>[0-9-]{1,16})"

urlpatterns: list[URLPattern] = [
    # Citizens
    re_path(r"^complain/?$", intake.complain, name="complain"),
    re_path(r"^complain/images/(?P<token>[0-9A-Z]{16})/?$", intake.complain_image, name="complain_image"),
    re_path(r"^praise/?$", intake.praise, name="praise"),
    re_path(r"^receipt/?$", receipt.receipt, name="receipt"),
    re_path(r"^receipt/image/?$", receipt.receipt_image, name="receipt_image"),
    re_path(r"^receipt/rate/?$", receipt.receipt_rate, name="receipt_rate"),
    re_path(r"^receipt/redo/?$", receipt.receipt_redo, name="receipt_redo"),
    # Questions: to the accused, to the unit, and what the accused is shown afterwards
    path("me/points/", hearing.my_points, name="my_points"),
    path("me/points/statements/<str:token>/", hearing.my_statement, name="my_statement"),
    path("me/points/<str:token>/", hearing.my_point, name="my_point"),
    path("me/praise/", praise.my_praises, name="my_praises"),
    path("desk/praise/", praise.praises, name="unit_praises"),
    path("desk/points/", hearing.unit_points, name="unit_points"),
    path("desk/points/<str:token>/", hearing.unit_point, name="unit_point"),
    path("desk/points/<str:token>/return/", hearing.unit_return, name="unit_point_return"),
    path("desk/complaints/<str:number>/points/new/", hearing.point_new, name="complaint_point_new"),
    path(
        "desk/complaints/<str:number>/points/<str:token>/decide/",
        hearing.point_decide,
        name="complaint_point_decide",
    ),
    path(
        "desk/complaints/<str:number>/points/<str:token>/answer/",
        hearing.point_enter,
        name="complaint_point_answer",
    ),
    # The desk of the Efficiency Express
    path("desk/complaints/", desk.complaints, name="complaints"),
    path("desk/complaints/new/", entry.complaint_enter, name="complaint_enter"),
    path("desk/complaints/hotline/", hotline.hand_in, name="complaint_hotline"),
    path("desk/complaints/hotline/template/", hotline.template, name="hotline_template"),
    path("desk/complaints/hotline/<str:token>/", hotline.sheet, name="hotline_sheet"),
    path("desk/complaints/caller/", caller.caller, name="complaint_caller"),
    path("desk/complaints/interests/", desk.own_interests, name="interests"),
    path("desk/complaints/interests/<int:pk>/withdraw/", desk.interest_withdraw, name="interest_withdraw"),
    path("desk/complaints/praise/", praise.praises, name="praises"),
    path("desk/complaints/numbers/", numbers.numbers, name="complaint_numbers"),
    path("desk/complaints/settings/", setting.settings, name="complaint_settings"),
    re_path(rf"^desk/complaints/{NUMBER}/$", desk.complaint, name="complaint"),
    re_path(rf"^desk/complaints/{NUMBER}/images/(?P<token>[0-9A-Z]+)/$", desk.image, name="complaint_image"),
    re_path(rf"^desk/complaints/{NUMBER}/contact/$", desk.unmask, name="complaint_unmask"),
    re_path(
        rf"^desk/complaints/{NUMBER}/receipt-renew/$", caller.receipt_renew, name="complaint_receipt_renew"
    ),
    *(
        re_path(
            rf"^desk/complaints/{NUMBER}/{name.replace('_', '-')}/$",
            desk.act_view(name),
            name=f"complaint_{name}",
        )
        for name in desk.ACTS
    ),
]
