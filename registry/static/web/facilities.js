// The plans of this page of the list, on the map #plans.

import { createMap } from "./map.js";

const found = JSON.parse(document.getElementById("plans-shapes").textContent);
const map = createMap(document.getElementById("plans"), { permalink: false });
map.setShapes("plans", found);
if (found.features.length) map.fit(found);
