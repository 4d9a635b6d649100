// What lies below everything: the ground, a base map where the site has one (MAP_TILES_URL), and lines of longitude and
// latitude, so that a reader knows where and how large without a request to anywhere.

import { token, whenColoursChange } from "./map-colours.js";

const STEPS = [30, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002];

export function baseStyle(settings) {
  const sources = { grid: { type: "geojson", data: empty() } };
  const layers = [{ id: "ground", type: "background", paint: { "background-color": token("--raised") } }];
  if (settings.tiles) {
    sources.base = { type: "raster", tiles: [settings.tiles], tileSize: 256, maxzoom: 18, attribution: settings.attribution };
    layers.push({ id: "base", type: "raster", source: "base" });
  }
  layers.push(
    { id: "grid", type: "line", source: "grid", paint: { "line-color": token("--line"), "line-width": 1 } },
    {
      id: "grid-text", type: "symbol", source: "grid",
      layout: {
        "symbol-placement": "line", "text-field": ["get", "text"], "text-size": 11, "text-font": ["sans-serif"],
        "symbol-spacing": 600, "text-max-angle": 90,
      },
      paint: { "text-color": token("--ink-quiet"), "text-halo-color": token("--raised"), "text-halo-width": 2 },
    },
  );
  return { version: 8, sources, layers };
}

export function keepBase(map) {
  const draw = () => map.getSource("grid")?.setData(grid(map.getBounds()));
  map.on("moveend", draw);
  draw();
  const paint = () => {
    map.setPaintProperty("ground", "background-color", token("--raised"));
    map.setPaintProperty("grid", "line-color", token("--line"));
    map.setPaintProperty("grid-text", "text-color", token("--ink-quiet"));
    map.setPaintProperty("grid-text", "text-halo-color", token("--raised"));
  };
  paint();
  whenColoursChange(paint);
}

function grid(bounds) {
  const [west, south, east, north] = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
  const step = STEPS.findLast((each) => (east - west) / each <= 9) ?? STEPS[0];
  const digits = Math.max(0, Math.ceil(-Math.log10(step)));
  const features = [];
  for (let at = Math.ceil(west / step) * step; at <= east; at += step) {
    features.push(line([[at, Math.max(south, -85)], [at, Math.min(north, 85)]], degrees(at, digits, "E", "W")));
  }
  for (let at = Math.ceil(Math.max(south, -85) / step) * step; at <= Math.min(north, 85); at += step) {
    features.push(line([[west, at], [east, at]], degrees(at, digits, "N", "S")));
  }
  return { type: "FeatureCollection", features };
}

function degrees(at, digits, plus, minus) {
  return `${Math.abs(at).toFixed(digits)}° ${at < 0 ? minus : plus}`;
}

function line(coordinates, text) {
  return { type: "Feature", properties: { text }, geometry: { type: "LineString", coordinates } };
}

export function empty() {
  return { type: "FeatureCollection", features: [] };
}
