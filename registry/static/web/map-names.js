// What things on a map are called: in the box that opens on a click, and in the list below the map.

const MOST = 40;

// [{ text, href, note }] of features, each once.
export function namesOf(features, texts) {
  const named = new Map();
  for (const feature of features) {
    const { properties, id } = feature;
    if (properties.label) {
      named.set(`${properties.label} ${properties.href ?? ""}`, { text: properties.label, note: properties.note ?? "", href: properties.href ?? "" });
    } else if (feature.source === "catalog") {
      named.set(`asset ${id}`, {
        text: texts.kinds[properties.kind] ?? properties.kind,
        note: [properties.owner, texts.free.replace("%", Math.round(properties.free_share * 100)), properties.exact ? "" : texts.masked].filter(Boolean).join(" · "),
        href: texts.asset_address.replace("/0/", `/${id}/`),
      });
    }
  }
  return [...named.values()];
}

export function popupOf(names, texts) {
  const box = document.createElement("div");
  box.append(listOf(names.slice(0, 8)));
  if (names.length > 8) {
    const more = document.createElement("p");
    more.textContent = texts.more.replace("%", names.length - 8);
    box.append(more);
  }
  return box;
}

// Keeps the list of what is in view, once the map rests. `shown` gives the layers to list, and that of clusters.
export function keepList(map, element, texts, shown) {
  const details = document.createElement("details");
  details.className = "map-list";
  details.hidden = true; // until there is something to say
  const summary = document.createElement("summary");
  const body = document.createElement("div");
  details.append(summary, body);
  element.after(details);
  map.on("idle", () => {
    const { layers, clusters } = shown();
    const present = layers.filter((id) => map.getLayer(id));
    const names = present.length ? namesOf(map.queryRenderedFeatures({ layers: present }), texts) : [];
    const groups = clusters && map.getLayer(clusters) ? map.queryRenderedFeatures({ layers: [clusters] }) : [];
    const many = groups.reduce((sum, group) => sum + group.properties.count, 0);
    const said = [texts.in_view.replace("%", names.length)];
    if (many) said.push(texts.in_clusters.replace("%", many));
    summary.textContent = said.join(" · ");
    details.hidden = false;
    body.replaceChildren(listOf(names.slice(0, MOST)));
    if (names.length > MOST) body.append(texts.more.replace("%", names.length - MOST));
  });
}

function listOf(names) {
  const list = document.createElement("ul");
  list.className = "rows";
  for (const name of names) {
    const row = document.createElement("li");
    const text = document.createElement(name.href ? "a" : "span");
    text.textContent = name.text;
    if (name.href) text.href = name.href;
    row.append(text);
    if (name.note) {
      const note = document.createElement("span");
      note.className = "quiet-text";
      note.textContent = name.note;
      row.append(note);
    }
    list.append(row);
  }
  return list;
}
