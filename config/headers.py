"""Headers of every answer beyond those that settings name (SECURE_…, X_FRAME_OPTIONS, CONTENT_SECURITY_POLICY)."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

# What browsers offer and no page here asks for; passkeys and copying are what pages do use.
UNUSED = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media", "geolocation",
    "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer", "microphone", "midi", "payment",
    "picture-in-picture", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking",
)  # fmt: skip
OWN = ("publickey-credentials-create", "publickey-credentials-get", "clipboard-write", "fullscreen")
POLICY = ", ".join([f"{feature}=()" for feature in UNUSED] + [f"{feature}=(self)" for feature in OWN])


TEXTS = ("text/csv", "text/plain")
"""All that is written here is UTF-8, which these types do not say of themselves."""


class SecurityHeaders:
    """Nothing here is for other sites to embed, and no page needs a sensor. What members are shown stays in no
    browser, unless the answer itself says how long, and signing out removes what did."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if settings.SESSION_COOKIE_NAME in request.COOKIES or "Authorization" in request.headers:
            response.headers.setdefault("Cache-Control", "no-store")
        if request.method == "POST" and request.path == reverse("account_logout"):
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
        if response.headers.get("Content-Type") in TEXTS:
            response.headers["Content-Type"] += "; charset=utf-8"
        return response
