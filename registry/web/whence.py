"""The page that somebody is on, to come back to it."""

from django.http import HttpRequest


def page_of(request: HttpRequest) -> str:
    """Its address. What was sent to an address that only takes forms was sent from another page, to which the browser
    tells the way; where it does not, it is the first page of all."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    whence = request.headers.get("Referer", "")
    here = f"{request.scheme}://{request.get_host()}"
    return whence.removeprefix(here) if whence.startswith(f"{here}/") else "/"
