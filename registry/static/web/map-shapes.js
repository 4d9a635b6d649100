// A page's own places on a map, from GeoJSON: points, lines (dashed where nothing is there yet) and areas.

import { roles, token, whenColoursChange } from "./map-colours.js";
import { empty } from "./map-base.js";

const LINE = ["match", ["geometry-type"], ["LineString", "MultiLineString"], true, false];
const AREA = ["match", ["geometry-type"], ["Polygon", "MultiPolygon"], true, false];
const POINT = ["match", ["geometry-type"], ["Point", "MultiPoint"], true, false];
const GAP = ["boolean", ["get", "gap"], false];

// Names of the layers of `id` that answer to a click.
export function layersOf(id) {
  return [`${id}-points`, `${id}-lines`, `${id}-gaps`, `${id}-areas`];
}

export function setShapes(map, id, data) {
  const source = map.getSource(id);
  if (source) {
    source.setData(data ?? empty());
    return;
  }
  map.addSource(id, { type: "geojson", data: data ?? empty() });
  const round = { "line-cap": "round", "line-join": "round" };
  map.addLayer({ id: `${id}-areas`, type: "fill", source: id, filter: AREA, paint: { "fill-opacity": 0.15 } });
  map.addLayer({ id: `${id}-edges`, type: "line", source: id, filter: AREA, paint: { "line-width": 2 } });
  map.addLayer({ id: `${id}-lines`, type: "line", source: id, filter: ["all", LINE, ["!", GAP]], layout: round, paint: { "line-width": 5 } });
  map.addLayer({ id: `${id}-gaps`, type: "line", source: id, filter: ["all", LINE, GAP], paint: { "line-width": 4, "line-dasharray": [1.5, 1.5] } });
  map.addLayer({ id: `${id}-points`, type: "circle", source: id, filter: POINT, paint: { "circle-radius": 7, "circle-stroke-width": 2 } });
  map.addLayer({
    id: `${id}-marks`, type: "symbol", source: id, filter: ["has", "mark"],
    layout: {
      "text-field": ["to-string", ["get", "mark"]], "text-size": 12, "text-font": ["sans-serif"], "text-offset": [0, -1.4],
      "text-allow-overlap": true,
    },
    paint: { "text-halo-width": 2 },
  });
  const paint = () => {
    const colour = ["match", ["coalesce", ["get", "role"], ""], ...Object.entries(roles()).flat(), token("--accent")];
    map.setPaintProperty(`${id}-areas`, "fill-color", colour);
    for (const part of ["edges", "lines", "gaps"]) map.setPaintProperty(`${id}-${part}`, "line-color", colour);
    map.setPaintProperty(`${id}-points`, "circle-color", colour);
    map.setPaintProperty(`${id}-points`, "circle-stroke-color", token("--ground"));
    map.setPaintProperty(`${id}-marks`, "text-color", token("--ink"));
    map.setPaintProperty(`${id}-marks`, "text-halo-color", token("--ground"));
  };
  paint();
  whenColoursChange(paint);
}

// West, south, east, north of GeoJSON; null where it has no coordinates.
export function boundsOf(data) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  const visit = (part) => {
    if (typeof part[0] === "number") {
      box[0] = Math.min(box[0], part[0]);
      box[1] = Math.min(box[1], part[1]);
      box[2] = Math.max(box[2], part[0]);
      box[3] = Math.max(box[3], part[1]);
    } else part.forEach(visit);
  };
  const each = (item) => {
    if (!item) return;
    if (item.type === "FeatureCollection") item.features.forEach(each);
    else if (item.type === "Feature") each(item.geometry);
    else if (item.type === "GeometryCollection") item.geometries.forEach(each);
    else visit(item.coordinates);
  };
  each(data);
  return box[0] === Infinity ? null : box;
}
