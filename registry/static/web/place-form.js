// A place in a form beside its map: what is drawn is written into the field, and what is typed is drawn.

import { createMap } from "./map.js";

const { role, field } = document.getElementById("drawn-place").dataset;
const input = document.getElementById(field);
const map = createMap(document.getElementById("drawing"), { permalink: false });

const NUMBER = String.raw`-?\d+(?:\.\d+)?`;
const POSITION = new RegExp(`^${NUMBER}\\s+${NUMBER}$`);

// The geometry of simple WKT or GeoJSON; null for all else, which the server reads.
function read(text) {
  if (text.trimStart().startsWith("{")) {
    try {
      const given = JSON.parse(text);
      const geometry = given.geometry ?? given;
      return Array.isArray(geometry.coordinates) ? geometry : null;
    } catch {
      return null;
    }
  }
  const [, name, inner] = /^\s*(POINT|LINESTRING|POLYGON)\s*\((.*)\)\s*$/is.exec(text) ?? [];
  if (!name) return null;
  const ring = (part) => {
    const positions = part.split(",").map((position) => position.trim());
    return positions.every((position) => POSITION.test(position)) ? positions.map((position) => position.split(/\s+/).map(Number)) : null;
  };
  if (name.toUpperCase() === "POLYGON") {
    const rings = inner.trim().replace(/^\(|\)$/g, "").split(/\)\s*,\s*\(/).map(ring);
    return rings.every(Boolean) ? { type: "Polygon", coordinates: rings } : null;
  }
  const positions = ring(inner);
  if (!positions) return null;
  return name.toUpperCase() === "POINT" ? { type: "Point", coordinates: positions[0] } : { type: "LineString", coordinates: positions };
}

function written({ type, coordinates }) {
  const list = (positions) => positions.map((position) => position.join(" ")).join(", ");
  if (type === "Point") return `POINT(${coordinates.join(" ")})`;
  return type === "LineString" ? `LINESTRING(${list(coordinates)})` : `POLYGON(${coordinates.map((ring) => `(${list(ring)})`).join(", ")})`;
}

// Where drawing takes up what is there already.
function corners(geometry, shape) {
  if (shape === "point" && geometry?.type === "Point") return [geometry.coordinates];
  if (shape === "line" && geometry?.type === "LineString") return geometry.coordinates;
  return shape === "polygon" && geometry?.type === "Polygon" ? geometry.coordinates[0].slice(0, -1) : [];
}

function show() {
  const geometry = read(input.value);
  map.setShapes("place", geometry ? { type: "FeatureCollection", features: [{ type: "Feature", properties: { role }, geometry }] } : null);
  return geometry;
}

for (const button of document.querySelectorAll("[data-shape]")) {
  button.addEventListener("click", () => {
    const before = input.value;
    map.setShapes("place", null);
    map.draw({
      shape: button.dataset.shape,
      start: corners(read(before), button.dataset.shape),
      done: (geometry) => { input.value = written(geometry); },
      ended: (cancelled) => {
        if (cancelled) input.value = before;
        map.setShapes("drawn", null);
        show();
      },
    });
  });
}
input.addEventListener("change", () => {
  const geometry = show();
  if (geometry) map.fit(geometry);
});

map.addCatalog({ by: "kind" });
// Until there is a place: the plan that it lies in, or the owner's region.
const around = JSON.parse(document.getElementById("around").textContent);
if (around?.type) map.setShapes("plan", around);
const given = show();
if (given || around) map.fit(given ?? around);
