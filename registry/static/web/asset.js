// The place of one asset, or of any few: what data-places of #places holds as GeoJSON, on the map #place.

import { createMap } from "./map.js";

const found = JSON.parse(document.getElementById("places").dataset.places);
const map = createMap(document.getElementById("place"), { permalink: false });
map.setShapes("places", found);
map.fit(found);
