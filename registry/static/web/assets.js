// The catalog's map.

import { createMap } from "./map.js";

const places = createMap(document.getElementById("catalog"));
places.addCatalog();
