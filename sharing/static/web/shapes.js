// Draws on each map of the page the places that stand beside it, in the element named <map>-shapes.

import { createMap } from "./map.js";

export const maps = {};

for (const element of document.querySelectorAll(".map")) {
  const data = document.getElementById(`${element.id}-shapes`);
  if (!data) continue;
  const shapes = JSON.parse(data.textContent);
  const map = createMap(element, { permalink: false });
  maps[element.id] = map;
  map.setShapes("shapes", shapes);
  if (shapes.features.length) map.fit(shapes);
}
