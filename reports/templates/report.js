"use strict";
// Adds to a page that is complete without it: a filter over the claims, and links that open what they lead to.
(() => {
  const claims = [...document.querySelectorAll("details.claim")];
  const texts = new Map(claims.map((claim) => [claim, claim.querySelector("summary").textContent.toLowerCase()]));
  const sections = [...document.querySelectorAll("section.claims")];

  const make = (name, properties) => Object.assign(document.createElement(name), properties);
  const bar = make("div", { className: "filter" });
  const words = make("input", { type: "search", placeholder: "Filter claims by words" });
  words.setAttribute("aria-label", "Filter claims by words");
  const verdict = make("select", {});
  verdict.setAttribute("aria-label", "Show claims with this verdict");
  verdict.append(make("option", { value: "", textContent: "every verdict" }));
  for (const name of new Set(claims.map((claim) => claim.dataset.verdict))) {
    verdict.append(make("option", { value: name, textContent: name }));
  }
  const said = make("span", { className: "few" });
  said.setAttribute("aria-live", "polite");
  const all = make("button", { type: "button", textContent: "Open all" });

  const filter = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const claim of claims) {
      const fits = (!verdict.value || claim.dataset.verdict === verdict.value) &&
        wanted.every((word) => texts.get(claim).includes(word));
      claim.hidden = !fits;
      shown += fits;
    }
    for (const section of sections) section.hidden = !section.querySelector("details.claim:not([hidden])");
    for (const head of document.querySelectorAll(".area-head")) {
      let next = head.nextElementSibling;
      while (next && next.hidden && !next.matches(".area-head")) next = next.nextElementSibling;
      head.hidden = !next || next.matches(".area-head");
    }
    said.textContent = shown === claims.length ? "" : `${shown} of ${claims.length} claims`;
  };
  const openAll = () => {
    const open = all.textContent === "Open all";
    for (const claim of claims) if (!claim.hidden) claim.open = open;
    all.textContent = open ? "Close all" : "Open all";
  };
  // The evidence of what conforms lies in the page as data, one piece for each topic, and is drawn when it is asked for.
  const unpacked = new Map();
  const unpack = (section) => {
    const pack = section.querySelector("script.pack");
    if (!pack) return Promise.resolve({});
    if (!unpacked.has(section)) {
      const bytes = Uint8Array.from(atob(pack.textContent.trim()), (letter) => letter.charCodeAt(0));
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
      unpacked.set(section, new Response(stream).json());
    }
    return unpacked.get(section);
  };
  const draw = async (claim) => {
    const folded = claim.querySelector(":scope > .folded");
    if (!folded) return;
    const bodies = await unpack(claim.closest("section.claims"));
    if (!folded.isConnected) return;
    folded.innerHTML = bodies[claim.id];
    folded.className = "drawn";
  };
  const find = async (name) => {
    for (const section of sections) {
      const bodies = await unpack(section);
      const claim = Object.keys(bodies).find((id) => bodies[id].includes(`id="${name}"`));
      if (claim) return draw(document.getElementById(claim));
    }
  };
  for (const claim of claims) claim.addEventListener("toggle", () => claim.open && draw(claim));
  const reveal = async () => {
    const name = decodeURIComponent(location.hash.slice(1));
    if (!document.getElementById(name) && /^i-[0-9a-f]+(-\d+)?$/.test(name)) await find(name);
    const place = document.getElementById(name);
    if (!place) return;
    if (place.closest("[hidden]")) { words.value = verdict.value = ""; filter(); }
    for (let at = place.closest("details"); at; at = at.parentElement.closest("details")) at.open = true;
    place.scrollIntoView();
  };

  words.addEventListener("input", filter);
  verdict.addEventListener("change", filter);
  all.addEventListener("click", openAll);
  addEventListener("hashchange", reveal);
  bar.append(words, verdict, all, said);
  document.getElementById("claims").before(bar);
  if (location.hash) reveal();
})();
