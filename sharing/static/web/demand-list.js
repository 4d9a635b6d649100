// The map of a list, and a click on it that begins a line there.

import { maps } from "./shapes.js";

for (const button of document.querySelectorAll("[data-pick]")) {
  button.addEventListener("click", () => {
    maps["lines-map"].draw({
      shape: "point",
      done: ({ coordinates: [longitude, latitude] }) => {
        window.location.assign(`${button.dataset.pick}?lon=${longitude.toFixed(6)}&lat=${latitude.toFixed(6)}`);
      },
    });
  });
}
