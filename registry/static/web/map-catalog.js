// The catalog on a map: this site's vector tiles (docs/tiles.md), or the places of a list that they cannot select; each
// asset by itself where few, clusters where many.

import { scale, token, whenColoursChange } from "./map-colours.js";

const ASSETS = ["catalog-lines", "catalog-points"];
const CLUSTERS = "catalog-clusters";
const IS_CLUSTER = ["has", "count"];
const IS_LINE = ["in", ["geometry-type"], ["literal", ["LineString", "MultiLineString", "Polygon", "MultiPolygon"]]];

// Adds them to a map that has loaded. `counts`: the units of great numbers, the greatest first: [[1e6, "M"], [1e3, "k"]].
// `by`: kind, sector or free. `selection`: kind, sector (texts with commas) and owner, which tiles know from zoom 12 on.
// `places`: a list's own, as GeoJSON with the properties of tiles.
export function addCatalog(map, counts, { by = "kind", selection = {}, places = null } = {}) {
  let colouredBy = by;
  const { lines, points, clusters } = places ? sourcesOf(map, places) : sourceOfTiles(map, selection);
  map.addLayer({
    ...lines, id: "catalog-lines", type: "line", filter: IS_LINE, layout: { "line-cap": "round" },
    paint: { "line-width": ["interpolate", ["linear"], ["zoom"], 10, 2, 16, 5], "line-opacity": exactness(0.95, 0.45) },
  });
  map.addLayer({
    ...points, id: "catalog-points", type: "circle", filter: ["all", ["!", IS_LINE], ["!", IS_CLUSTER]],
    paint: {
      "circle-radius": ["interpolate", ["linear"], ["zoom"], 8, 4, 16, 8], "circle-opacity": exactness(0.95, 0.35),
      "circle-stroke-width": 1.5,
    },
  });
  map.addLayer({
    ...clusters, id: CLUSTERS, type: "circle", filter: IS_CLUSTER,
    paint: {
      "circle-radius": ["interpolate", ["linear"], ["log10", ["get", "count"]], 0, 8, 2, 13, 4, 20, 6, 28],
      "circle-opacity": 0.85, "circle-stroke-width": 1.5,
    },
  });
  map.addLayer({
    ...clusters, id: "catalog-counts", type: "symbol", filter: IS_CLUSTER,
    layout: { "text-field": short(counts), "text-size": 12, "text-font": ["sans-serif"], "text-allow-overlap": false },
  });

  const paint = () => {
    const ground = token("--ground");
    map.setPaintProperty("catalog-lines", "line-color", ofAsset(colouredBy));
    map.setPaintProperty("catalog-points", "circle-color", ofAsset(colouredBy));
    map.setPaintProperty("catalog-points", "circle-stroke-color", ["case", ["get", "exact"], ground, token("--ink")]);
    map.setPaintProperty(CLUSTERS, "circle-color", ofCluster(colouredBy));
    map.setPaintProperty(CLUSTERS, "circle-stroke-color", ground);
    map.setPaintProperty("catalog-counts", "text-color", ground);
  };
  paint();
  whenColoursChange(paint);

  map.on("click", CLUSTERS, (event) => {
    if (map.getContainer().classList.contains("drawing")) return;
    const [cluster] = event.features;
    map.easeTo({ center: cluster.geometry.coordinates, zoom: Math.min(map.getZoom() + 2, 18) });
  });
  return {
    layers: ASSETS,
    clusters: CLUSTERS,
    colourBy(name) {
      colouredBy = name;
      paint();
    },
    select(wanted) {
      map.getSource("catalog").setTiles([address(wanted)]);
    },
    show(visible) {
      for (const id of [...ASSETS, CLUSTERS, "catalog-counts"]) {
        map.setLayoutProperty(id, "visibility", visible ? "visible" : "none");
      }
    },
  };
}

function sourceOfTiles(map, selection) {
  map.addSource("catalog", { type: "vector", tiles: [address(selection)], maxzoom: 18, minzoom: selection.owner ? 12 : 0 });
  const assets = { source: "catalog", "source-layer": "assets" };
  return { lines: assets, points: assets, clusters: { source: "catalog", "source-layer": "clusters" } };
}

// Points are put together with the counts that clusters of tiles have; lines are drawn one by one, as in tiles come near.
function sourcesOf(map, places) {
  const arePoints = (feature) => feature.geometry.type === "Point";
  const sum = (condition) => ["+", ["case", condition, 1, 0]];
  const counts = ["kind", "sector"].flatMap((by) => Object.keys(scale(by)).map((name) => [`${by}_${name}`, sum(["==", ["get", by], name])]));
  map.addSource("catalog", {
    type: "geojson", data: { type: "FeatureCollection", features: places.features.filter(arePoints) },
    cluster: true, clusterMaxZoom: 11, clusterRadius: 40,
    clusterProperties: { ...Object.fromEntries(counts), count: sum(true), with_free_units: sum([">", ["get", "free_share"], 0]) },
  });
  map.addSource("catalog-lines", {
    type: "geojson", data: { type: "FeatureCollection", features: places.features.filter((feature) => !arePoints(feature)) },
  });
  return { lines: { source: "catalog-lines" }, points: { source: "catalog" }, clusters: { source: "catalog" } };
}

function address(selection) {
  const query = new URLSearchParams();
  for (const name of ["kind", "sector", "owner"]) if (selection[name]) query.set(name, selection[name]);
  const text = query.toString();
  return `${window.location.origin}/ogc/tiles/WebMercatorQuad/{z}/{y}/{x}${text ? `?${text}` : ""}`;
}

// An asset whose grid cell stands for it is drawn fainter.
function exactness(exact, masked) {
  return ["case", ["get", "exact"], exact, masked];
}

function ofAsset(by) {
  const colours = scale(by);
  if (by === "free") {
    return ["case", ["<=", ["get", "free_share"], 0], colours.none, ["<", ["get", "free_share"], 0.5], colours.few, colours.many];
  }
  return ["match", ["get", by], ...Object.entries(colours).flat(), token("--ink-quiet")];
}

// A cluster has the colour of what most of it is.
function ofCluster(by) {
  const colours = scale(by);
  if (by === "free") {
    const share = ["/", ["coalesce", ["get", "with_free_units"], 0], ["get", "count"]];
    return ["case", ["<=", share, 0], colours.none, ["<", share, 0.5], colours.few, colours.many];
  }
  const names = Object.keys(colours);
  const counts = names.map((name) => ["coalesce", ["get", `${by}_${name}`], 0]);
  const most = ["max", ...counts];
  return ["case", ...names.flatMap((name, index) => [[">=", counts[index], most], colours[name]]), token("--ink-quiet")];
}

// 950, 1.2k, 12k, 1.2M; in Chinese 950, 1200, 1.2万, 12万: a decimal below ten of a unit.
function short(counts) {
  const count = ["get", "count"];
  const cases = counts.flatMap(([size, unit]) => [
    [">=", count, 10 * size], ["concat", ["to-string", ["round", ["/", count, size]]], unit],
    [">=", count, size], ["concat", ["to-string", ["/", ["round", ["/", count, size / 10]], 10]], unit],
  ]);
  return ["case", ...cases, ["to-string", count]];
}
