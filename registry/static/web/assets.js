// The catalog's map: the tiles where they can show what is listed, else the list's own places; and filters drawn on it.

import { createMap } from "./map.js";

const { tiles, kind, sector, places } = document.getElementById("selection").dataset;
const filters = document.getElementById("filters");
const colour = document.getElementById("colour");
const element = document.getElementById("catalog");
const map = createMap(element);

let catalog = null;
if (tiles === "yes") {
  map.addCatalog({ by: colour.value, selection: { kind, sector } }).then((added) => { catalog = added; });
} else {
  show();
}
showArea();

async function show() {
  const found = await fetch(places, { credentials: "same-origin" }).then((answer) => (answer.ok ? answer.json() : null)).catch(() => null);
  if (!found) return tellNoAnswer();
  document.getElementById("truncated").hidden = !found.truncated;
  catalog = await map.addCatalog({ by: colour.value, places: found });
  if (!new URLSearchParams(window.location.search).has("map")) await map.fit(found);
}

// An empty map would say that there is nothing.
function tellNoAnswer() {
  const said = document.createElement("p");
  said.className = "message warning";
  said.setAttribute("role", "alert");
  said.textContent = document.body.dataset.noAnswer;
  element.before(said);
}

colour.addEventListener("change", () => {
  catalog?.colourBy(colour.value);
  for (const legend of document.querySelectorAll("[data-legend]")) legend.hidden = legend.dataset.legend !== colour.value;
  const address = new URL(window.location.href);
  address.searchParams.set("colour", colour.value);
  window.history.replaceState(window.history.state, "", address.href.replaceAll("%2F", "/"));
});

for (const button of document.querySelectorAll("[data-draw]")) {
  button.addEventListener("click", () => {
    let drawn = null;
    map.draw({
      shape: button.dataset.draw,
      done: (geometry) => { drawn = geometry; },
      ended: (cancelled) => {
        if (cancelled || !drawn) return;
        filters.elements.area.value = drawn.coordinates[0].slice(0, -1).map((corner) => corner.map((at) => at.toFixed(6)).join(" ")).join(",");
        filters.requestSubmit();
      },
    });
  });
}

// The view stays as it is when filters change.
filters.addEventListener("submit", () => {
  const view = new URLSearchParams(window.location.search).get("map");
  if (!view) return;
  const kept = document.createElement("input");
  kept.type = "hidden";
  kept.name = "map";
  kept.value = view;
  filters.append(kept);
});
// What is empty says nothing, and makes a link that can be read.
filters.addEventListener("formdata", (event) => {
  for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
});

function showArea() {
  const corners = filters.elements.area.value.split(",").map((corner) => corner.trim().split(/\s+/).map(Number));
  if (corners.length < 3 || corners.some((corner) => corner.length !== 2 || !corner.every(Number.isFinite))) return;
  const geometry = { type: "Polygon", coordinates: [[...corners, corners[0]]] };
  map.setShapes("area", { type: "FeatureCollection", features: [{ type: "Feature", properties: { role: "area" }, geometry }] });
}
