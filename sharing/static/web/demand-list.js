// The map of a list, and clicks on it that begin a line there: at a place, or from one place to another.

import { maps } from "./shapes.js";

for (const button of document.querySelectorAll("[data-pick]")) {
  button.addEventListener("click", () => {
    maps["lines-map"].draw({
      shape: button.dataset.shape,
      done: ({ coordinates }) => {
        const places = button.dataset.shape === "point" ? { "": coordinates } : { origin_: coordinates[0], destination_: coordinates.at(-1) };
        const given = new URLSearchParams();
        for (const [name, [longitude, latitude]] of Object.entries(places)) {
          given.set(`${name}lon`, longitude.toFixed(6));
          given.set(`${name}lat`, latitude.toFixed(6));
        }
        window.location.assign(`${button.dataset.pick}?${given}`);
      },
    });
  });
}
