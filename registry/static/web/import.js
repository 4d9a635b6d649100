// The map of a file that is looked into; it appears when the worker is done.

import { createMap } from "./map.js";

let drawn = null;

function draw() {
  const element = document.getElementById("places");
  if (!element || element === drawn) return;
  drawn = element;
  const found = JSON.parse(document.getElementById("shapes").dataset.places);
  const map = createMap(element, { permalink: false });
  map.setShapes("rows", found);
  map.fit(found);
}

draw();
document.addEventListener("htmx:afterSwap", draw);
