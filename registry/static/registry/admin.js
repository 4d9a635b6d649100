// What unfold's own pages lack for those who hear them, or move by landmarks or the keyboard (WCAG 2.2, 1.3.1, 2.1.1,
// 4.1.2): where the page begins, what its search boxes and the frames that scroll are called, and buttons of the menu.
"use strict";

// In the reader's language, from the settings.
const MENU = new URL(document.currentScript.src).searchParams.get("menu");

// unfold opens and closes the menu by a click on a picture.
function makeButtonsOfTheMenu() {
    for (const picture of document.querySelectorAll("span[x-on\\:click^='sidebar']:not([role])")) {
        picture.setAttribute("role", "button");
        picture.setAttribute("aria-label", MENU);
        picture.tabIndex = 0;
        picture.addEventListener("keydown", (event) => {
            if (event.key !== "Enter" && event.key !== " ") return;
            event.preventDefault();
            picture.click();
        });
    }
}

// By the heading of the rows they scroll, else of the page. Inside the menu and the filters they are none of their own.
function nameFrames() {
    // After the way to the page, of which each step has an arrow behind it.
    const [title] = [...document.querySelectorAll("h1 > :not(.material-symbols-outlined)")].slice(-1);
    for (const frame of document.querySelectorAll(".simplebar-content-wrapper[role='region']")) {
        if (frame.closest("nav, #changelist-filter")) {
            frame.removeAttribute("role");
            frame.removeAttribute("aria-label");
        } else {
            const heading = frame.closest("[data-inline-type]")?.querySelector("h2") ?? title;
            frame.setAttribute("aria-label", heading?.textContent.trim() ?? document.title);
        }
    }
}

// select2 names a box by what is chosen in it, which at first is nothing, and what is typed into a box for several not
// at all.
function nameSearchBoxes() {
    for (const select of document.querySelectorAll("select.select2-hidden-accessible")) {
        const [label] = select.labels;
        const box = select.nextElementSibling?.querySelector("[role='combobox']");
        if (!label || !box) continue;
        label.id ||= `${select.id}-label`;
        const chosen = box.querySelector("[role='textbox']");
        if (chosen) box.setAttribute("aria-labelledby", `${label.id} ${chosen.id}`);
        (chosen ?? box.querySelector("[role='searchbox']"))?.setAttribute("aria-labelledby", label.id);
    }
}

function complete() {
    makeButtonsOfTheMenu();
    nameFrames();
    nameSearchBoxes();
}

document.addEventListener("DOMContentLoaded", () => {
    document.getElementById("main")?.setAttribute("role", "main");
    complete();
    // Both are drawn by libraries, at moments of their own.
    new MutationObserver(complete).observe(document.body, {childList: true, subtree: true});
});
