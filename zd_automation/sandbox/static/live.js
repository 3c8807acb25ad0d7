// Shows a ticket's triage as it arrives: asks for the ticket's part of the page once a second until it has a note.
"use strict";
(() => {
  const place = document.getElementById("live");
  if (!place) return;
  const article = () => place.querySelector("article");
  const started = Date.now();
  const calm = 4000, longest = 10 * 60 * 1000;
  let settledAt = article().dataset.settled === "yes" ? started : 0;

  const finished = () => {
    if (Date.now() - started > longest) return true;
    return settledAt > 0 && Date.now() - settledAt > calm;
  };

  const look = async () => {
    if (finished()) return;
    if (!document.hidden) {
      try {
        const answer = await fetch(place.dataset.address, { cache: "no-store" });
        if (answer.ok) show(await answer.text());
      } catch { /* the sandbox may be restarting: the next look finds it again */ }
    }
    setTimeout(look, 1000);
  };

  const show = (html) => {
    const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("article");
    if (!fresh || fresh.dataset.version === article().dataset.version) return;
    const open = place.querySelector("details.events")?.open;
    article().replaceWith(document.importNode(fresh, true));
    if (open) place.querySelector("details.events").open = true;
    article().classList.add("fresh");
    if (fresh.dataset.settled === "yes" && !settledAt) settledAt = Date.now();
  };

  setTimeout(look, 500);
})();
