"""Only what the permission table names.

The sign-in library's other pages (sign-up, e-mail, password reset by e-mail) have no address here.
"""

from django.urls import path

from accounts.views import administration, jobs, own, signin, slips, units

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
    # Long work
    path("desk/jobs/", jobs.jobs, name="jobs"),
    path("desk/jobs/<int:pk>/", jobs.job, name="job"),
    path("desk/jobs/<int:pk>/retry/", jobs.job_retry, name="job_retry"),
    path("desk/jobs/<int:pk>/files/<int:position>/", jobs.job_file, name="job_file"),
    path("desk/jobs/<int:pk>/files/all/", jobs.job_archive, name="job_archive"),
]
