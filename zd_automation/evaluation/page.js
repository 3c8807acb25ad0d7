// Tables sort by a click on a column's head, and the topics can be filtered; without it the page reads the same.
"use strict";
(() => {
  const value = (row, place) => {
    const cell = row.cells[place];
    return cell.dataset.value === undefined ? cell.textContent.trim() : Number(cell.dataset.value);
  };
  const order = (one, other) => typeof one === "number" ? one - other : one.localeCompare(other);

  const sort = (table, head, place) => {
    const body = table.tBodies[0];
    const first = typeof value(body.rows[0], place) === "number" ? "descending" : "ascending";
    const other = first === "ascending" ? "descending" : "ascending";
    const way = head.getAttribute("aria-sort") === first ? other : first;
    const sign = way === "ascending" ? 1 : -1;
    for (const cell of table.tHead.rows[0].cells) cell.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", way);
    body.append(...[...body.rows].sort((a, b) => sign * order(value(a, place), value(b, place))));
  };

  for (const table of document.querySelectorAll("table.sortable")) {
    if (!table.tBodies[0].rows.length) continue;
    [...table.tHead.rows[0].cells].forEach((head, place) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => sort(table, head, place));
    });
  }

  for (const field of document.querySelectorAll("[data-filters]")) {
    field.parentElement.hidden = false;
    field.addEventListener("input", () => {
      const wanted = field.value.trim().toLowerCase();
      for (const row of document.getElementById(field.dataset.filters).tBodies[0].rows) {
        row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted);
      }
    });
  }

  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
})();
