// What every page has: the keyboard, menus that close, and what happens when the server cannot be reached.

// Ctrl and "/" go to the search field. Not "/" alone, which a program that types what is spoken sends too (WCAG 2.2, 2.1.4).
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && (event.ctrlKey || event.metaKey)) {
    const search = document.querySelector("input[type=search]");
    if (search) {
      event.preventDefault();
      search.focus();
    }
  }
  if (event.key === "Escape") {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  }
});

// A menu closes when the reader goes on elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// What the search field finds: arrows go through it, Escape and going elsewhere close it.
document.addEventListener("keydown", (event) => {
  const search = event.target.closest("form.search");
  if (!search) return;
  const found = search.querySelector(".found");
  if (event.key === "Escape") {
    found.replaceChildren();
    search.querySelector("input").focus();
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const stops = [search.querySelector("input"), ...found.querySelectorAll("a")];
  const next = stops[stops.indexOf(event.target) + step];
  if (next) {
    event.preventDefault();
    next.focus();
  }
});
document.addEventListener("click", (event) => {
  for (const found of document.querySelectorAll("form.search .found")) {
    if (!found.parentElement.contains(event.target)) found.replaceChildren();
  }
});

// Asks before what cannot be undone: <button data-confirm="…">.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-confirm]");
  if (button && !window.confirm(button.dataset.confirm)) event.preventDefault();
});

// A form is sent once for each time that the page is shown, however often its button is pressed while the answer is on
// its way: the server would carry it out each time. What another handler held back was not sent, and what htmx sends
// leaves the page where it is.
let sent = new WeakSet();
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.getAttribute("method")?.toLowerCase() !== "post") return;
  if (sent.has(form)) event.preventDefault();
  else sent.add(form);
});
window.addEventListener("pageshow", () => {
  sent = new WeakSet();
});

// A part of the page that is asked for and does not come is said so in its place: what stood there may be of before.
for (const failure of ["htmx:sendError", "htmx:responseError"]) {
  document.addEventListener(failure, (event) => {
    const said = document.createElement("p");
    said.className = "message warning";
    said.textContent = document.body.dataset.noAnswer;
    const part = event.detail.target;
    if ("keep" in part.dataset) part.prepend(said);
    else part.replaceChildren(said);
  });
}

// The result of what a page has waited for is told to who does not see it come, unless they went on to something else.
document.addEventListener("htmx:afterSwap", (event) => {
  if (document.activeElement === document.body) event.target.querySelector("[data-result]")?.focus();
});
