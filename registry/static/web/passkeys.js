// What is said when a passkey was cancelled, timed out or is not known here. django-allauth's script tells of it by an
// event, and writes to the console where nobody listens.
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const place = document.querySelector("[data-passkey-error]");
  place.textContent = place.dataset.passkeyError;
  place.hidden = false;
});
