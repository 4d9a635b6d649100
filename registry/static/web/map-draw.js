// Drawing on a map: a point, line, box or polygon, by clicks, or by keyboard (arrows move the map, Enter sets a corner
// at the cross in the middle). What is drawn can be moved by its corners.

import { Marker } from "../vendor/maplibre-gl.mjs";
import { setShapes } from "./map-shapes.js";

const ENOUGH = { point: 1, line: 2, box: 2, polygon: 3 };

// Starts drawing; returns { cancel, finish }. `done(geometry)` is called with GeoJSON whenever the shape is whole, again
// after each later move; `ended(cancelled)` when the person finishes or cancels.
export function draw(map, frame, texts, { shape, done, ended = () => {}, start = [] }) {
  let corners = start.map((corner) => [...corner]);
  let markers = [];
  const bar = toolbar(texts, { undo: () => change(corners.slice(0, -1)), finish, cancel });
  frame.append(bar);
  frame.classList.add("drawing");
  map.doubleClickZoom.disable();
  map.on("click", clicked);
  map.getCanvas().addEventListener("keydown", pressed);
  map.getCanvas().focus({ preventScroll: true });
  change(corners);

  function clicked(event) {
    add([event.lngLat.lng, event.lngLat.lat]);
  }

  function pressed(event) {
    if (event.key === "Enter") add(map.getCenter().toArray());
    else if (event.key === "Backspace") change(corners.slice(0, -1));
    else if (event.key === "Escape") cancel();
    else return;
    event.preventDefault();
  }

  function add(corner) {
    const full = (shape === "point" && corners.length === 1) || (shape === "box" && corners.length === 2);
    change(shape === "point" ? [corner] : full ? [corner] : [...corners, corner]);
  }

  function change(next) {
    corners = next;
    markers.forEach((marker) => marker.remove());
    markers = corners.map((corner, index) => {
      const handle = document.createElement("span");
      handle.className = "map-handle";
      const marker = new Marker({ element: handle, draggable: true }).setLngLat(corner).addTo(map);
      marker.on("drag", () => {
        corners[index] = marker.getLngLat().toArray();
        show();
      });
      marker.on("dragend", tell);
      return marker;
    });
    bar.querySelector("[data-finish]").disabled = corners.length < ENOUGH[shape];
    bar.querySelector("[data-undo]").disabled = corners.length === 0;
    show();
    tell();
  }

  function show() {
    const geometry = geometryOf(shape, corners) ?? (corners.length > 1 ? { type: "LineString", coordinates: corners } : null);
    setShapes(map, "drawn", { type: "FeatureCollection", features: geometry ? [{ type: "Feature", properties: { role: "chosen" }, geometry }] : [] });
  }

  function tell() {
    const geometry = geometryOf(shape, corners);
    if (geometry) done(geometry);
  }

  function finish() {
    stop();
    ended(false);
  }

  function cancel() {
    stop();
    setShapes(map, "drawn", null);
    ended(true);
  }

  function stop() {
    markers.forEach((marker) => marker.remove());
    map.off("click", clicked);
    map.getCanvas().removeEventListener("keydown", pressed);
    map.doubleClickZoom.enable();
    frame.classList.remove("drawing");
    bar.remove();
  }

  return { cancel, finish };
}

// GeoJSON of a shape with these corners (longitude, latitude in degrees to 1e-7, a centimetre); null where too few.
export function geometryOf(shape, corners) {
  if (corners.length < ENOUGH[shape]) return null;
  const at = corners.map((corner) => corner.map((number) => Math.round(number * 1e7) / 1e7));
  if (shape === "point") return { type: "Point", coordinates: at[0] };
  if (shape === "line") return { type: "LineString", coordinates: at };
  if (shape === "polygon") return { type: "Polygon", coordinates: [[...at, at[0]]] };
  const [west, east] = [at[0][0], at[1][0]].sort((one, other) => one - other);
  const [south, north] = [at[0][1], at[1][1]].sort((one, other) => one - other);
  return { type: "Polygon", coordinates: [[[west, south], [east, south], [east, north], [west, north], [west, south]]] };
}

function toolbar(texts, { undo, finish, cancel }) {
  const bar = document.createElement("div");
  bar.className = "map-toolbar";
  const hint = document.createElement("p");
  hint.textContent = texts.draw_hint;
  bar.append(hint, button(texts.draw_undo, "undo", undo), button(texts.draw_finish, "finish", finish), button(texts.draw_cancel, "cancel", cancel));
  return bar;
}

function button(text, name, action) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = name === "finish" ? "" : "quiet";
  made.dataset[name] = "";
  made.textContent = text;
  made.addEventListener("click", action);
  return made;
}
