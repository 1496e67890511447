"""The one settings file. Everything that differs between places comes from the environment (docs/running.md)."""

from pathlib import Path
from urllib.parse import urlsplit

from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from longquan_cadre import env

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.data_dir("DATA_DIR", BASE_DIR / "var")

DEBUG = env.flag("DEBUG")
SECRET_KEY = env.secret_key("SECRET_KEY", DATA_DIR)
FIELD_KEYS = env.field_keys("FIELD_KEYS", DATA_DIR)
#: Under it the numbers of receipts are kept (complaints/receipts.py); another key, and no receipt is found any more.
RECEIPT_KEY = env.secret_key("RECEIPT_KEY", DATA_DIR, "receipt-key")
SITE_URL = env.site_url("SITE_URL", "http://localhost:8000")
SITE_HOST = urlsplit(SITE_URL).hostname or "localhost"
HTTPS = SITE_URL.startswith("https://")
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS") or [
    "localhost",
    "127.0.0.1",
    "[::1]",
    SITE_HOST,
]
CSRF_TRUSTED_ORIGINS = [SITE_URL]
REDIS_URL = env.redis("REDIS_URL")
FONT_DIR = env.text("FONT_DIR")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "csp",
    "crispy_forms",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "common",
    "accounts",
    "cards",
    "attendance",
    "complaints",
    "appraisal",
    "longquan_cadre.apps.LongquanConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "common.middleware.LanguageMiddleware",
    "common.middleware.DamagedRequestMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "accounts.middleware.PermissionMiddleware",
]

ROOT_URLCONF = "longquan_cadre.urls"
WSGI_APPLICATION = "longquan_cadre.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context.page",
            ],
        },
    }
]

DATABASES = {"default": env.database("DATABASE_URL", DATA_DIR / "db.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# One web process serves the embedded mode, so everybody is counted in its memory; several hosts need Redis.
CACHES = {
    "default": (
        {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
        }
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}

# --- Language and time -------------------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "language"
FORMAT_MODULE_PATH = ["longquan_cadre.formats"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

# --- Files -------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_MAX_AGE = 3600
FILE_UPLOAD_PERMISSIONS = 0o640
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "common.uploads.UnnamedFileHandler",
]
#: A photo of 8 MB with its form; waitress and deploy/nginx.conf refuse more with 413.
MAX_REQUEST_BYTES = 10 * 1024 * 1024
#: Where more is taken: a roster of 10 MB with 100 MB of photos.
#: And a complaint with five photos of 10 MB, with room to say politely that there were more.
LARGER_REQUEST_BYTES = {
    "/desk/roster/": 112 * 1024 * 1024,
    "/complain": 64 * 1024 * 1024,
    "/desk/complaints/new/": 64 * 1024 * 1024,
}
#: Of this, text.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
#: More than anybody chooses at once: what is too many for a page gets its sentence, and what was typed stays.
DATA_UPLOAD_MAX_NUMBER_FILES = 100

CRISPY_TEMPLATE_PACK = "longquan"
CRISPY_ALLOWED_TEMPLATE_PACKS = ("longquan",)
CRISPY_FAIL_SILENTLY = False

# --- Sign-in -----------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "name")},
    },
    {
        "NAME": "accounts.passwords.LengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "desk"
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    # The key is name and address. It comes first: what it refuses must not count for everybody at that address.
    "login_failed": "5/5m/key,60/10m/ip",
    "login_failed_anywhere": "30/10m/key",
    "reauthenticate": "10/m/user",
}
# Behind nginx the last hop names the client: counted by nginx's own address, ten typing errors lock the city out.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if env.flag("BEHIND_PROXY") else 0
MFA_ADAPTER = "accounts.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "干部身份证"
USERSESSIONS_TRACK_ACTIVITY = False

# --- Security ----------------------------------------------------------------------------------------------------
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("BEHIND_PROXY") else None
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
# What else runs below our host name is not ours to force to https, nor to enter in the browsers' own lists.
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 90 * 24 * 3600
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "common.errors.csrf_failure"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}

# --- Mail and jobs -----------------------------------------------------------------------------------------------
_mail = env.email("EMAIL_URL")
EMAIL_BACKEND = _mail.pop("EMAIL_BACKEND")
globals().update(_mail)
DEFAULT_FROM_EMAIL = env.sender("EMAIL_FROM", f"noreply@{SITE_HOST}")

#: Services that a group channel may use; the host of each of these is fixed, so nobody reaches our own network with it.
NOTICE_SCHEMES = ["dingtalk", "wecombot", "feishu", *env.schemes("NOTICE_SCHEMES")]

BROKER_DIR = DATA_DIR / "broker"
CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost/"
CELERY_TASK_DEFAULT_QUEUE = "longquan"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE = {
    "ring-waiting-jobs": {"task": "common.tasks.ring_waiting_jobs", "schedule": crontab()},
    "send-notices": {"task": "common.tasks.send_notices", "schedule": crontab()},
    "remove-old-notices": {
        "task": "common.tasks.remove_old_notices",
        "schedule": crontab(hour=3, minute=10),
    },
    "remove-expired-files": {"task": "common.tasks.remove_expired_files", "schedule": crontab(minute=40)},
    # Every hour, so that a night the machine slept through is made up for.
    "revoke-ended-service": {"task": "cards.tasks.revoke_ended_service", "schedule": crontab(minute=10)},
    "record-missing-sheets": {
        "task": "attendance.tasks.record_missing_sheets",
        "schedule": crontab(minute=5),
    },
    "remind-of-sheets": {"task": "attendance.tasks.remind_of_sheets", "schedule": crontab(minute="*/5")},
    "tell-of-decidable-findings": {
        "task": "attendance.tasks.tell_of_decidable_findings",
        "schedule": crontab(minute=15),
    },
    "forget-open-rounds": {
        "task": "attendance.tasks.forget_open_rounds",
        "schedule": crontab(hour=3, minute=40),
    },
    "sweep-evidence": {"task": "attendance.tasks.sweep_evidence", "schedule": crontab(hour=3, minute=50)},
    "reach-complaint-stages": {"task": "complaints.tasks.reach_stages", "schedule": crontab()},
    "remove-complaint-drafts": {"task": "complaints.tasks.remove_drafts", "schedule": crontab(minute="*/10")},
    # Every hour: a night that the machine slept through keeps no contact longer than it may.
    "purge-complaints": {"task": "complaints.tasks.purge_complaints", "schedule": crontab(minute=25)},
    # What is withdrawn after its month has counted it is put right within the hour.
    "reverse-withdrawn": {"task": "appraisal.tasks.reverse_withdrawn", "schedule": crontab(minute=15)},
    # Every hour, as above: what is drafted stays as it is.
    "draft-months": {"task": "appraisal.tasks.draft_months", "schedule": crontab(minute=20)},
    "draft-bulletins": {"task": "appraisal.tasks.draft_bulletins", "schedule": crontab(minute=45)},
    "remind-of-objections": {
        "task": "appraisal.tasks.remind_of_objections",
        "schedule": crontab(minute=40),
    },
    "remind-of-the-rollout": {
        "task": "appraisal.tasks.remind_of_the_rollout",
        "schedule": crontab(minute=50),
    },
    "remind-of-reviews": {"task": "appraisal.tasks.remind_of_reviews", "schedule": crontab(minute=55)},
    "reach-month-deadlines": {
        "task": "appraisal.tasks.reach_month_deadlines",
        "schedule": crontab(minute=35),
    },
    "propose-sanctions": {"task": "appraisal.tasks.propose_sanctions", "schedule": crontab(minute=30)},
    "compute-years": {"task": "appraisal.tasks.compute_years", "schedule": crontab(hour=4, minute=10)},
    "sweep-photos": {"task": "cards.tasks.sweep_photos", "schedule": crontab(hour=3, minute=30)},
    "sweep-rosters": {"task": "cards.tasks.sweep_rosters", "schedule": crontab(minute=50)},
    "clear-sessions": {"task": "accounts.tasks.clear_sessions", "schedule": crontab(hour=3, minute=20)},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"senders_mistakes": {"()": "longquan_cadre.logs.SendersMistakes"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["senders_mistakes"]}
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django.request": {"level": "ERROR"},
        # At lower levels they name the addresses of group channels, which are secrets.
        "apprise": {"level": "CRITICAL"},
        "urllib3": {"level": "ERROR"},
    },
}
