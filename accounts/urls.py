"""Only what the permission table names.

The sign-in library's other pages (sign-up, e-mail, password reset by e-mail) have no address here.
"""

from django.urls import path

from accounts.views import administration, calendar, channels, hours, jobs, notices, own, signin, slips, units

urlpatterns = [
    # Signing in
    path("sign-in/", signin.LoginView.as_view(), name="account_login"),
    path("sign-in/code/", signin.AuthenticateView.as_view(), name="mfa_authenticate"),
    path("sign-in/closed/", signin.InactiveView.as_view(), name="account_inactive"),
    path("sign-out/", signin.LogoutView.as_view(), name="account_logout"),
    path("activate/", slips.activate, name="activate"),
    # One's own account
    path("account/", own.security, name="account_security"),
    path("account/password/", signin.PasswordChangeView.as_view(), name="account_change_password"),
    path("account/devices/", own.devices, name="usersessions_list"),
    path("account/confirm/", signin.ReauthenticateView.as_view(), name="account_reauthenticate"),
    path("account/confirm/code/", signin.SecondFactorReauthenticateView.as_view(), name="mfa_reauthenticate"),
    path("account/second-factor/", signin.SecondFactorView.as_view(), name="mfa_index"),
    path("account/second-factor/set-up/", signin.ActivateTOTPView.as_view(), name="mfa_activate_totp"),
    path("account/second-factor/qr.svg", signin.totp_qr, name="mfa_totp_qr"),
    path("account/second-factor/remove/", signin.DeactivateTOTPView.as_view(), name="mfa_deactivate_totp"),
    path("account/recovery-codes/", signin.RecoveryCodesView.as_view(), name="mfa_view_recovery_codes"),
    path(
        "account/recovery-codes/new/",
        signin.GenerateRecoveryCodesView.as_view(),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "account/recovery-codes/recovery-codes.txt",
        signin.DownloadRecoveryCodesView.as_view(),
        name="mfa_download_recovery_codes",
    ),
    # The landing page
    path("desk/", own.desk, name="desk"),
    # What one should know
    path("desk/notices/", notices.notices, name="notices"),
    path("desk/notices/read/", notices.notices_read, name="notices_read"),
    path("desk/notices/<int:pk>/", notices.notice, name="notice"),
    path("desk/notices/email/", notices.my_email, name="my_email"),
    path("desk/notices/email/confirm/", notices.my_email_confirm, name="my_email_confirm"),
    path("desk/notices/email/remove/", notices.my_email_remove, name="my_email_remove"),
    # Administration
    path("desk/accounts/", administration.users, name="users"),
    path("desk/accounts/new/", administration.user_new, name="user_new"),
    path("desk/accounts/resets/", administration.resets, name="second_factor_resets"),
    path("desk/accounts/resets/<int:pk>/", administration.reset_decide, name="second_factor_reset_decide"),
    path("desk/accounts/<int:pk>/", administration.user, name="user"),
    path("desk/accounts/<int:pk>/roles/new/", administration.membership_new, name="user_membership_new"),
    path(
        "desk/accounts/<int:pk>/roles/<int:membership_pk>/end/",
        administration.membership_end,
        name="user_membership_end",
    ),
    path("desk/accounts/<int:pk>/slip/", administration.slip, name="user_slip"),
    path("desk/accounts/<int:pk>/state/", administration.user_active, name="user_active"),
    path(
        "desk/accounts/<int:pk>/second-factor/", administration.reset_request, name="user_reset_second_factor"
    ),
    path("desk/units/", units.units, name="units"),
    path("desk/units/new/", units.unit_new, name="unit_new"),
    path("desk/units/<int:pk>/", units.unit, name="unit"),
    path("desk/city/", units.city, name="city"),
    # Working days and office hours
    path("desk/calendar/", calendar.years, name="calendar"),
    path("desk/calendar/<int:year>/", calendar.year, name="calendar_year"),
    path("desk/calendar/<int:year>/edit/", calendar.year_edit, name="calendar_year_edit"),
    path("desk/office-hours/", hours.sets, name="office_hours"),
    path("desk/office-hours/new/", hours.new, name="office_hours_new"),
    path("desk/office-hours/<int:pk>/", hours.one, name="office_hours_set"),
    path("desk/office-hours/<int:pk>/edit/", hours.edit, name="office_hours_edit"),
    # What leaves the house
    path("desk/channels/", channels.channels, name="channels"),
    path("desk/channels/new/", channels.channel_new, name="channel_new"),
    path("desk/channels/<int:pk>/switch/", channels.channel_switch, name="channel_switch"),
    path("desk/channels/<int:pk>/test/", channels.channel_test, name="channel_test"),
    path("desk/outbox/", channels.outbox_list, name="outbox"),
    path("desk/outbox/retry/", channels.outbox_retry, name="outbox_retry"),
    path("desk/outbox/<int:pk>/retry/", channels.delivery_retry, name="delivery_retry"),
    # Long work
    path("desk/jobs/", jobs.jobs, name="jobs"),
    path("desk/jobs/<int:pk>/", jobs.job, name="job"),
    path("desk/jobs/<int:pk>/retry/", jobs.job_retry, name="job_retry"),
    path("desk/jobs/<int:pk>/files/<int:position>/", jobs.job_file, name="job_file"),
    path("desk/jobs/<int:pk>/files/all/", jobs.job_archive, name="job_archive"),
]
