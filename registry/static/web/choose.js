// A button that chooses every row of a page, or none again: <form data-choose="name of the boxes">, which may also stand
// outside of the form and belong to it by its id.

for (const form of document.querySelectorAll("form[data-choose]")) {
  const button = form.querySelector("[data-choose-all]");
  const boxes = [...form.elements].filter((each) => each.type === "checkbox" && each.name === form.dataset.choose);
  if (!button || !boxes.length) continue;
  button.hidden = false;
  button.addEventListener("click", () => {
    const all = boxes.every((box) => box.checked);
    for (const box of boxes) box.checked = !all;
  });
}
