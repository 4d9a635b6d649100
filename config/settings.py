"""All settings. Everything that differs between machines is an environment variable, listed with its
default in docs/operations.md; the defaults are safe for production, never convenient for development."""

import ssl
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from kombu import Queue

from config.geolibs import bundled
from config.logs import logging_to_console
from config.timetable import POST, ROUTES, TIMETABLE
from config.transport import refuse_clear, verify_database

BASE_DIR = Path(__file__).resolve().parent.parent
LOCAL_DIR = BASE_DIR / ".local"

# Each setting NAME may stand in a file that NAME_FILE names, as the credentials of systemd do.
env = environ.FileAwareEnv()

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="").strip()
if not SECRET_KEY:
    if not DEBUG:
        raise ImproperlyConfigured("Set SECRET_KEY, or DEBUG=1 on a machine of your own.")
    SECRET_KEY = "insecure-key-of-a-development-machine-" + "0" * 32
# Older keys, by which links and sessions that they signed stay good for a while.
SECRET_KEY_FALLBACKS = [key.strip() for key in env.list("SECRET_KEY_FALLBACKS", default=[])]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"] if DEBUG else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000")

INSTALLED_APPS = [
    # Not "unfold" itself, which would put its own site in the place of ours.
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "config.apps.AdminOfParties",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.gis",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    # Templates of form fields beside the site's own (registry.web.forms.Renderer).
    "django.forms",
    "csp",
    "django_filters",
    "django_tables2",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "registry",
    "sharing",
    # Below ours, whose templates stand in the place of theirs.
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
]
MIDDLEWARE = [
    # First and last, so that what it times is the whole.
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "config.in_clear.RefuseCalls",
    "django.middleware.security.SecurityMiddleware",
    "config.headers.SecurityHeaders",
    # Before static files are answered, as a picture is a page too where it is opened by itself.
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "registry.web.plain_text.Required",
    "allauth.account.middleware.AccountMiddleware",
    "registry.web.account.second_factor.Required",
    "registry.web.exported.Recorded",
    "registry.web.sights.Recorded",
    "registry.web.acting.Noted",
    "registry.web.account.guessing.Counted",
    # Answers in the place of a page that refused a sign-in, so it comes after all that a page needs.
    "axes.middleware.AxesMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "registry.web.local_time.Templates",
        # Django REST framework asks for its engine by this name.
        "NAME": "django",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "sharing.web.navigation.navigation",
                "registry.web.account.second_factor.notice",
            ]
        },
    }
]

# No connection leaves this host in clear, neither to it nor from it (config.transport).
SECURE_TRANSPORT = env.bool("SECURE_TRANSPORT", default=not DEBUG)

# --- Stores: PostgreSQL with PostGIS, Redis, and the geospatial libraries --------------------------------
DATABASES = {"default": env.db("DATABASE_URL", default="postgis:///infrashare")}
DATABASES["default"] |= {
    "ENGINE": "django.contrib.gis.db.backends.postgis",
    "CONN_MAX_AGE": env.int("DATABASE_CONN_MAX_AGE", default=60),
    "CONN_HEALTH_CHECKS": True,
    "TEST": {"NAME": env.str("TEST_DATABASE_NAME", default="test_infrashare")},
}
# How many restricted assets of an owner, a kind and a region a grid cell holds before it stands for them
# (docs/visibility.md). Triggers read it from the connection, and take 5 where a connection says nothing.
PLACE_CELL_HOLDS = env.int("PLACE_CELL_HOLDS", default=5)
_options = DATABASES["default"].setdefault("OPTIONS", {})
# After how many days a level of protection is reviewed, where nobody says a day. Triggers read it likewise.
PROTECTION_REVIEW_DAYS = env.int("PROTECTION_REVIEW_DAYS", default=365)
# A grant of sight lasts so many days at most; the database has the longest (registry/models/place_grant.py).
PLACE_GRANT_DAYS = env.int("PLACE_GRANT_DAYS", default=366)
_options["options"] = (
    f"{_options.get('options', '')} -c registry.cell_holds={PLACE_CELL_HOLDS}"
    f" -c registry.review_days={PROTECTION_REVIEW_DAYS}"
).strip()
# Reads that may lag go to a streaming replica, where there is one (registry.replicas).
REPLICA_URL = env.str("REPLICA_URL", default="")
REPLICA_LAG_S = env.float("REPLICA_LAG_S", default=5.0)
if REPLICA_URL:
    DATABASES["replica"] = {**DATABASES["default"], **env.db_url("REPLICA_URL")}
    DATABASES["replica"] |= {"ENGINE": DATABASES["default"]["ENGINE"], "TEST": {"MIRROR": "default"}}
    DATABASES["replica"]["OPTIONS"] = {
        **DATABASES["replica"].get("OPTIONS", {}),
        "connect_timeout": 2,
        "options": f"{_options['options']} -c default_transaction_read_only=on",
    }
    DATABASE_ROUTERS = ["registry.replicas.Router"]
    MIDDLEWARE.insert(
        MIDDLEWARE.index("django.contrib.messages.middleware.MessageMiddleware"), "registry.replicas.Middleware"
    )
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
GDAL_LIBRARY_PATH = env.str("GDAL_LIBRARY_PATH", default=bundled("pyogrio", "libgdal"))
GEOS_LIBRARY_PATH = env.str("GEOS_LIBRARY_PATH", default=bundled("shapely", "libgeos_c"))
REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
if SECURE_TRANSPORT:
    for _database in DATABASES.values():
        verify_database(_database)
    refuse_clear("REDIS_URL", REDIS_URL, instead="rediss://")

# Counters of calls, and for up to two hours figures that are dear to count: all may be lost.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL, "KEY_PREFIX": "cache"}
}

# --- People ---------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "registry.User"
LOGIN_URL = reverse_lazy("account_login")
LOGIN_REDIRECT_URL = reverse_lazy("web:home")
LOGOUT_REDIRECT_URL = LOGIN_URL
# The first counts failures and refuses; the second knows people by user name or mail.
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
# docs/security.md has the reasons (Sessions). The server keeps both, in the row of the session.
SESSION_ENGINE = "registry.accounts.session_store"
SESSION_LONGEST = timedelta(hours=env.float("SESSION_HOURS", default=12))
SESSION_IDLE = timedelta(minutes=env.float("SESSION_IDLE_MINUTES", default=60))
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "registry.accounts.passwords.NotBreached"},
    {"NAME": "registry.accounts.passwords.NotOfThisPlace"},
]
# Of everybody, or else of whoever commits others (User.commits_others). A demo on one's own machine goes without, and
# says so on every page.
SECOND_FACTOR_REQUIRED = env.bool("SECOND_FACTOR_REQUIRED", default=not DEBUG)
SECOND_FACTOR_OF_EVERYBODY = env.bool("SECOND_FACTOR_OF_EVERYBODY", default=True)
# The first seals what authenticator apps share with us, all open it: put a new key in front, and let the old one stay.
SECOND_FACTOR_KEYS = [
    key.strip() for key in env.list("SECOND_FACTOR_KEYS", default=[SECRET_KEY, *SECRET_KEY_FALLBACKS])
]

# django-allauth: people are invited (registry/accounts/invitations.py), nobody signs up. The path of every page is in
# registry/web/account/urls.py.
ACCOUNT_ADAPTER = "registry.web.account.adapters.AccountAdapter"
ACCOUNT_FORMS = {"login": "registry.web.account.forms.SignInForm"}
ACCOUNT_SIGNUP_ENABLED = False
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Infrashare: "
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_METHODS = ["password", "mfa"]
# To allauth one factor is enough; which of them must be shown again, and when, the adapter alone says.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
MFA_ADAPTER = "registry.web.account.adapters.SecondFactorAdapter"
# Recovery codes are the registry's own (registry/accounts/recovery_codes.py).
MFA_SUPPORTED_TYPES = ["totp", "webauthn"]
MFA_FORMS = {
    "authenticate": "registry.web.account.recovery_codes.Show",
    "reauthenticate": "registry.web.account.recovery_codes.ShowAgain",
}
MFA_PASSKEY_LOGIN_ENABLED = True
# Nobody can sign up with the mail of another, which is what this would guard against.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Infrashare"
# Steps of half a minute by which the clock of an app may be off. A code counts once, and its half minute alone.
MFA_TOTP_TOLERANCE = env.int("TOTP_TOLERANCE_STEPS", default=0)

# django-axes counts wrong passwords, and it alone (allauth's own count of them is off in the adapter, so that one
# rule says when to wait): of one person from one address, so that nobody can lock others out. allauth counts wrong
# codes of the second factor, and calls from one address.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_CALLABLE = "registry.web.account.guessing.whose"
AXES_CLIENT_IP_CALLABLE = "registry.web.account.guessing.address"
AXES_LOCKOUT_CALLABLE = "registry.web.account.guessing.locked_out"
AXES_SENSITIVE_PARAMETERS = ["username", "login", "ip_address"]
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

# --- Transport security: on unless this is a development machine ---------------------------------------------
SECURE_SSL_REDIRECT = SECURE_TRANSPORT
# Asked from inside, by address and without TLS.
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics/"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE_TRANSPORT else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_TRANSPORT
SECURE_HSTS_PRELOAD = SECURE_TRANSPORT
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE_TRANSPORT
# By which browsers take a cookie from this host alone, and over TLS (RFC 6265bis, 4.1.3.2).
COOKIE_PREFIX = "__Host-" if SECURE_TRANSPORT else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
LANGUAGE_COOKIE_NAME = f"{COOKIE_PREFIX}django_language"
MESSAGE_STORAGE = "config.notices.Storage"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
# How many proxies of ours stand in front: the address of a caller is that far from the end of X-Forwarded-For.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXIES", default=1 if env.bool("BEHIND_PROXY", default=False) else 0)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None
X_FRAME_OPTIONS = "DENY"
# A base map below the maps, as raster tiles (docs/operations.md); without one they draw from this site alone.
MAP_TILES_URL = env.str("MAP_TILES_URL", default="")
MAP_ATTRIBUTION = env.str("MAP_ATTRIBUTION", default="")
_map_tiles = urlsplit(MAP_TILES_URL)
MAP_SOURCES = [f"{_map_tiles.scheme}://{_map_tiles.netloc}"] if _map_tiles.netloc else []
# Pages load what this site serves and nothing else, and run no script or style written into them. MapLibre draws
# pictures from blobs, and works in a worker of its own. The admin's policy, which is wider, is in config.admin_site.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:", *MAP_SOURCES],
        "font-src": [SELF],
        "connect-src": [SELF, *MAP_SOURCES],
        "worker-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
CSRF_FAILURE_VIEW = "sharing.web.refusals.without_token"
SECURE_REFERRER_POLICY = "same-origin"
SECURITY_CONTACT = env.str("SECURITY_CONTACT", default="")

# --- Language and time ----------------------------------------------------------------------------------
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en")
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
# The two applications bring their own. What stands here is read before that of any package.
LOCALE_PATHS = [BASE_DIR / "config" / "locale", BASE_DIR / "config" / "unfold" / "locale"]
FORMAT_MODULE_PATH = "config.formats"
TIME_ZONE = env.str("TIME_ZONE", default="Asia/Shanghai")
USE_I18N = USE_TZ = True
# CURRENT_DATE is the day that begins here, not in Greenwich; in triggers by registry/days.py.
for _database in DATABASES.values():
    _database["TIME_ZONE"] = TIME_ZONE

# --- Files ----------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(LOCAL_DIR / "static")))
# The browser's libraries, laid out by config/local/frontend.py.
STATICFILES_DIRS = [("vendor", LOCAL_DIR / "vendor")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage" if DEBUG else "config.static_files.Storage"
    },
}

# What people upload: never served, read by workers only. Workers on other hosts need it shared.
MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(LOCAL_DIR / "uploads"))
# Of JSON; 5,000 assets with their details are about 5 MB. Files of imports go to disk and have a limit of their own.
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024

# --- Mail: to EMAIL_URL; without one, to files a person can open ---------------------------------------------
if env.str("EMAIL_URL", default=""):
    if SECURE_TRANSPORT:
        refuse_clear("EMAIL_URL", env.str("EMAIL_URL"), instead="smtp+tls://")
    vars().update(env.email("EMAIL_URL"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = LOCAL_DIR / "mail"
EMAIL_TIMEOUT = 20
# From this hour of their own day people get the mail of the day, where they want one a day.
DIGEST_HOUR = env.int("DIGEST_HOUR", default=8)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Infrashare <registry@infrashare.invalid>")

# --- Celery: ids in, nothing out; at least once, so every task survives being run twice -----------------------
_redis = urlsplit(REDIS_URL)
_redis_db = parse_qs(_redis.query).get("db", ["0"])[0]
CELERY_BROKER_URL = REDIS_URL
if _redis.scheme == "unix":
    CELERY_BROKER_URL = f"redis+socket://{_redis.netloc}{_redis.path}?virtual_host={_redis_db}"
# Results are kept only of the parts of long runs, for as long as a chord needs to count them.
CELERY_RESULT_BACKEND = CELERY_BROKER_URL
if _redis.scheme == "rediss":
    CELERY_REDIS_BACKEND_USE_SSL = {"ssl_cert_reqs": ssl.CERT_REQUIRED}
CELERY_RESULT_EXPIRES = 3600
CELERY_REDIS_SOCKET_CONNECT_TIMEOUT = 2
CELERY_REDIS_SOCKET_TIMEOUT = 30
CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = {"retry_policy": {"max_retries": 1, "interval_start": 0}}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONSUMER = "config.steady_worker:Consumer"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A task that outlives the visibility timeout is delivered again while it still runs, so the hard
# time limit stays below it (registry.checks refuses another setting).
CELERY_TASK_TIME_LIMIT = 840
CELERY_TASK_SOFT_TIME_LIMIT = 780
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": env.int("CELERY_VISIBILITY_TIMEOUT_S", default=900),
    "unacked_restore_interval": 10,
    "socket_connect_timeout": 2,
    "socket_timeout": 30,
    "retry_on_timeout": True,
}
# Publishing is only a nudge (the database holds the work), so a lost broker must not hold up a request.
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_TASK_PUBLISH_RETRY_POLICY = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.2,
}
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_QUEUES = [Queue("celery"), Queue(POST)]
CELERY_TASK_ROUTES = ROUTES
CELERY_IMPORTS = ["registry.tasks", "sharing.tasks"]
CELERY_BEAT_SCHEDULE_FILENAME = str(LOCAL_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = TIMETABLE
CELERY_BEAT_SCHEDULER = "config.steady_beat:Scheduler"

# --- Matching: lists from so many lines on are matched in parts, by all workers at once (docs/scaling.md) -----------
MATCH_FAN_OUT_LINES = env.int("MATCH_FAN_OUT_LINES", default=50_000)
MATCH_PART_LINES = env.int("MATCH_PART_LINES", default=10_000)

# --- Workflow: working days of the calendar (sharing.models.CalendarDay) ------------------------------------
CALENDAR = env.str("CALENDAR", default="CN")
# Regulation (EU) 2024/1309 art. 4 and 5 count in working days; the figures are the registry's to set.
CONSENT_WORKING_DAYS = env.int("CONSENT_WORKING_DAYS", default=10)
APPROVAL_WORKING_DAYS = env.int("APPROVAL_WORKING_DAYS", default=10)
REMINDER_WORKING_DAYS_BEFORE = env.int("REMINDER_WORKING_DAYS_BEFORE", default=3)
HOLD_GRACE_WORKING_DAYS = env.int("HOLD_GRACE_WORKING_DAYS", default=10)

# --- Monitoring (docs/monitoring.md) ------------------------------------------------------------------------------
# A file of factors for the cost and CO₂ of new builds, in place of those of sharing/monitoring/own_factors.py.
MONITORING_FACTORS = env.str("MONITORING_FACTORS", default="")

# --- Webhooks (sharing/notifications/webhooks; docs/webhooks.md) ------------------------------------------------
# The first seals the secrets of endpoints, all open them: put a new key in front, and let the old one stay.
WEBHOOK_KEYS = [key.strip() for key in env.list("WEBHOOK_KEYS", default=[SECRET_KEY, *SECRET_KEY_FALLBACKS])]
# Names of hosts that webhooks may go to, those below ".example.com" too; empty: any at a public address.
WEBHOOK_HOSTS = [host.lower() for host in env.list("WEBHOOK_HOSTS", default=[])]
# The specification recommends 15 to 30 s; a sender's lease covers a minute (sending.LEASE).
WEBHOOK_TIMEOUT_S = min(60.0, env.float("WEBHOOK_TIMEOUT_S", default=15.0))
WEBHOOK_LOG_DAYS = env.int("WEBHOOK_LOG_DAYS", default=30)
# For receivers on one's own network or machine.
WEBHOOK_EXTRA_NETWORKS = [ip_network(text) for text in env.list("WEBHOOK_EXTRA_NETWORKS", default=[])]
WEBHOOK_ALLOW_HTTP = env.bool("WEBHOOK_ALLOW_HTTP", default=False)

# --- REST API (registry/api, sharing/api; docs/api.md) ---------------------------------------------------------
API_CALLS_PER_MINUTE = env.int("API_CALLS_PER_MINUTE", default=1200)
IMPORT_KEPT_DAYS = env.int("IMPORT_KEPT_DAYS", default=90)
EXPORT_KEPT_HOURS = env.int("EXPORT_KEPT_HOURS", default=24)
API_CALLS_PER_MINUTE_UNKNOWN = env.int("API_CALLS_PER_MINUTE_UNKNOWN", default=120)
REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "registry.api.schema.ResourceSchema",
    "COERCE_DECIMAL_TO_STRING": False,
    "NUM_PROXIES": ALLAUTH_TRUSTED_PROXY_COUNT,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Infrashare",
    "DESCRIPTION": "The registry where one industry opens its towers, ducts, fiber and equipment rooms to another.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "AssetStatusEnum": "registry.models.AssetStatus",
        "ConsentStatusEnum": "sharing.models.ConsentStatus",
        "DeliveryStatusEnum": "sharing.models.DeliveryStatus",
        "EventTypeEnum": "sharing.models.EventType",
        "ListStatusEnum": "sharing.models.ListStatus",
        "MatchStatusEnum": "sharing.models.MatchStatus",
        "ProtectionEnum": "registry.models.Protection",
        "RefusalReasonEnum": "sharing.models.RefusalReason",
        "RejectionReasonEnum": "sharing.models.RejectionReason",
        "RoleEnum": "registry.models.Role",
        "RunStatusEnum": "sharing.models.RunStatus",
        "ScopeEnum": "registry.models.Scope",
        "SectorEnum": "registry.models.Sector",
        "SecurityClassEnum": "registry.models.SecurityClass",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "registry.api.schema.add_errors",
        "registry.api.schema.add_formats",
        "registry.api.schema.add_examples",
        "sharing.api.schema.add_examples",
    ],
}

# --- Watching ------------------------------------------------------------------------------------------------
METRICS_TOKEN = env.str("METRICS_TOKEN", default="").strip()
LOGGING = logging_to_console(env.str("LOG_FORMAT", default="line"), env.str("LOG_LEVEL", default="INFO"))

UNFOLD = {
    "SITE_TITLE": "Infrashare",
    "SITE_HEADER": "Infrashare",
    "SITE_SYMBOL": "cell_tower",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("registry/favicon.svg")},
    ],
    "SHOW_HISTORY": False,
    "STYLES": [lambda request: static("registry/admin.css")],
    "SCRIPTS": [lambda request: f"{static('registry/admin.js')}?{urlencode({'menu': _('Menu')})}"],
    "DASHBOARD_CALLBACK": "sharing.admin.waiting.dashboard",
    "SIDEBAR": {"navigation": "sharing.admin.sidebar.navigation"},
}
