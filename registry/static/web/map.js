// The map of every page. In a template:
//
//   {% block styles %}<link rel="stylesheet" href="{% static "vendor/maplibre-gl.css" %}">{% endblock %}
//   {% load maps %}{% map "places" _("Where the assets are") around %}    (around: where it begins; may be left out)
//
// and in the page's own module, which imports createMap from here (from ./map.js in sharing/static/web too, as they are
// served from one folder):
//
//   const places = createMap(document.getElementById("places"), { bounds: [west, south, east, north] });
//   places.addCatalog({ by: "kind" });                     // all assets, from this site's tiles
//   places.setShapes("legs", geojson);                     // again with new data to change it, with null to empty it
//   places.fit(geojson);                                   // or [west, south, east, north]
//   places.draw({ shape: "line", done: (geometry) => … }); // point, line, box or polygon
//
// Options: bounds, or center and zoom; permalink: false keeps the view out of the address (?map=zoom/latitude/longitude).
// Properties of a shape: role (see map-colours.js), gap (true: dashed, still to be built), label, href, note, mark (a
// short text beside it). What can be pointed at is listed below the map too, with its links, for whoever cannot see it.
// The element has data-ready="true" while everything is drawn: tests wait for the selector #places[data-ready="true"].
// Functions may be called at once; they wait for the map themselves.

import * as maplibregl from "../vendor/maplibre-gl.mjs";
import { baseStyle, keepBase } from "./map-base.js";
import { addCatalog } from "./map-catalog.js";
import { draw } from "./map-draw.js";
import { keepList, namesOf, popupOf } from "./map-names.js";
import { boundsOf, layersOf, setShapes } from "./map-shapes.js";

const PARAMETER = "map";

export function createMap(element, options = {}) {
  const settings = JSON.parse(element.dataset.settings);
  const view = options.permalink === false ? null : viewOfAddress();
  const bounds = options.bounds ?? settings.around;
  let map;
  try {
    map = new maplibregl.Map({
      container: element,
      style: baseStyle(settings),
      ...(view ?? (bounds ? { bounds, fitBoundsOptions: { padding: 40, maxZoom: 16 } } : {})),
      ...(view || bounds ? {} : { center: options.center ?? settings.center, zoom: options.zoom ?? settings.zoom }),
      attributionControl: settings.tiles ? { compact: false } : false,
      dragRotate: false, pitchWithRotate: false, touchPitch: false, maxZoom: 20, fadeDuration: 0,
      locale: { ...settings.texts.locale, "Map.Title": element.dataset.label },
    });
  } catch {
    element.textContent = settings.texts.no_map;
    return unseen();
  }
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibregl.NavigationControl({ showCompass: false }));
  map.addControl(new maplibregl.ScaleControl());
  // Not "load", which waits for every tile of the ground too: its host may be slow, or hang.
  const loaded = new Promise((resolve) => map.once("style.load", resolve)).then(() => keepBase(map));
  const pointed = [];
  let catalog = null;
  let drawing = null;

  map.on("idle", () => { element.dataset.ready = "true"; });
  map.on("movestart", () => { element.dataset.ready = "false"; });
  if (options.permalink !== false) map.on("moveend", () => keepView(map));
  keepList(map, element, settings.texts, () => ({ layers: pointed, clusters: catalog?.clusters }));
  map.on("click", (event) => {
    if (drawing || !pointed.length) return;
    const [x, y] = [event.point.x, event.point.y];
    const found = map.queryRenderedFeatures([[x - 5, y - 5], [x + 5, y + 5]], { layers: pointed.filter((id) => map.getLayer(id)) });
    const names = namesOf(found, settings.texts);
    if (names.length) {
      new maplibregl.Popup({ maxWidth: "20rem" }).setLngLat(event.lngLat).setDOMContent(popupOf(names, settings.texts)).addTo(map);
    }
  });
  map.on("mousemove", (event) => {
    const layers = [...pointed, catalog?.clusters].filter((id) => id && map.getLayer(id));
    const over = layers.length && map.queryRenderedFeatures(event.point, { layers }).length;
    map.getCanvas().style.cursor = over && !drawing ? "pointer" : "";
  });

  const after = (action) => (...values) => loaded.then(() => {
    element.dataset.ready = "false";
    const given = action(...values);
    map.triggerRepaint();
    return given;
  });
  return {
    map,
    texts: settings.texts,
    ready: loaded,
    addCatalog: after((wanted) => {
      catalog = addCatalog(map, settings.texts.counts, wanted);
      pointed.push(...catalog.layers);
      return catalog;
    }),
    setShapes: after((id, data) => {
      setShapes(map, id, data);
      for (const layer of layersOf(id)) if (!pointed.includes(layer)) pointed.unshift(layer);
    }),
    fit: after((what) => {
      const bounds = Array.isArray(what) ? what : boundsOf(what);
      if (bounds) map.fitBounds(bounds, { padding: 48, maxZoom: 16, duration: 0 });
    }),
    draw: after((wanted) => {
      drawing?.cancel();
      const ended = (cancelled) => {
        drawing = null;
        wanted.ended?.(cancelled);
      };
      drawing = draw(map, element, settings.texts, { ...wanted, ended });
      return drawing;
    }),
  };
}

function viewOfAddress() {
  const parts = (new URLSearchParams(window.location.search).get(PARAMETER) ?? "").split("/").map(Number);
  if (parts.length !== 3 || !parts.every(Number.isFinite)) return null;
  const [zoom, latitude, longitude] = parts;
  if (Math.abs(latitude) > 90 || Math.abs(longitude) > 180 || zoom < 0 || zoom > 22) return null;
  return { zoom, center: [longitude, latitude] };
}

function keepView(map) {
  const address = new URL(window.location.href);
  const centre = map.getCenter().wrap();
  address.searchParams.set(PARAMETER, `${map.getZoom().toFixed(2)}/${centre.lat.toFixed(5)}/${centre.lng.toFixed(5)}`);
  window.history.replaceState(window.history.state, "", address.href.replaceAll("%2F", "/"));
}

// In a browser that cannot draw maps pages work all the same.
function unseen() {
  const nothing = () => new Promise(() => {});
  return { map: null, texts: {}, ready: nothing(), addCatalog: nothing, setShapes: nothing, fit: nothing, draw: nothing };
}
