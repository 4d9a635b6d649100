// The form of a line beside its map: a place picked on the map goes into the fields, and what is typed is drawn.

import { maps } from "./shapes.js";

const map = maps["line-map"];
const form = document.getElementById("demand-form");
const PLACES = { place: ["lon", "lat"], origin: ["origin_lon", "origin_lat"], destination: ["destination_lon", "destination_lat"] };
const MARKS = { place: "", origin: "A", destination: "B" };

function field(name) {
  return form.elements.namedItem(name);
}

// Longitude and latitude as they are typed; null while they are no place.
function typed([longitude, latitude]) {
  const pair = [field(longitude), field(latitude)].map((input) => (input?.value === "" || !input ? NaN : Number(input.value)));
  return pair.every(Number.isFinite) && Math.abs(pair[0]) <= 180 && Math.abs(pair[1]) <= 90 ? pair : null;
}

// A circle on the ground, near enough for a picture: metres to degrees at its own latitude.
function circle([longitude, latitude], metres) {
  const high = metres / 111320;
  const wide = high / Math.max(Math.cos((latitude * Math.PI) / 180), 0.01);
  const corner = (n) => [longitude + wide * Math.cos((n * Math.PI) / 32), latitude + high * Math.sin((n * Math.PI) / 32)];
  return { type: "Polygon", coordinates: [Array.from({ length: 65 }, (_, n) => corner(n % 64))] };
}

function shapes() {
  const features = [];
  for (const [name, fields] of Object.entries(PLACES)) {
    const place = typed(fields);
    if (!place) continue;
    const radius = Number(field("radius_m")?.value);
    if (radius > 0) features.push({ type: "Feature", geometry: circle(place, radius), properties: { role: "area" } });
    const properties = { role: "demand", ...(MARKS[name] ? { mark: MARKS[name] } : {}) };
    features.push({ type: "Feature", geometry: { type: "Point", coordinates: place }, properties });
  }
  return { type: "FeatureCollection", features };
}

let framed = false;

function show() {
  const found = shapes();
  map.setShapes("line", found);
  if (found.features.length && !framed) {
    map.fit(found);
    framed = true;
  }
}

let picking = null;

for (const button of document.querySelectorAll("[data-pick-into]")) {
  button.addEventListener("click", () => {
    const fields = PLACES[button.dataset.pickInto].map(field);
    const before = fields.map((input) => input.value);
    const write = (values) => {
      fields.forEach((input, axis) => { input.value = values[axis]; });
      fields[0].dispatchEvent(new Event("input", { bubbles: true }));
    };
    const pick = {};
    picking = pick;
    map.draw({
      shape: "point",
      done: ({ coordinates }) => write(coordinates.map((at) => at.toFixed(6))),
      ended: (cancelled) => {
        map.setShapes("drawn", null);
        // Whoever goes on to pick the other end keeps this one.
        if (cancelled && picking === pick) write(before);
      },
    });
  });
}
form.addEventListener("input", show);

// Whoever sends the form leaves the page: what would be looked up then is looked up for nobody.
let sent = false;
form.addEventListener("submit", () => {
  sent = true;
});
form.addEventListener("htmx:beforeRequest", (event) => {
  if (sent) event.preventDefault();
});

// Who was signed out while typing, and has signed in in another tab, has another token there: this page takes it, since
// to load it anew would lose what was typed. A page that leads elsewhere is still that of the sign-in.
window.addEventListener("focus", async () => {
  if (!document.querySelector("[data-signed-out]")) return;
  const answer = await fetch(location.href).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const token = page.querySelector("#demand-form [name=csrfmiddlewaretoken]")?.value;
  if (!token) return;
  for (const input of document.querySelectorAll("[name=csrfmiddlewaretoken]")) input.value = token;
  document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
  form.dispatchEvent(new Event("input", { bubbles: true }));
});
map.addCatalog({ by: "kind" });
show();
