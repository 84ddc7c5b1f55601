// Adds to a page that can be read without it: filters that the address holds, evidence that is folded away as data, and
// links that open what they lead to.
(async () => {
  const make = (name, properties) => Object.assign(document.createElement(name), properties);
  const claims = all("details.claim");
  const sections = all("section.claims");

  const find = async (name) => {
    const inside = /^(document|standard)/.test(name) ? all("#documents, #standards") : sections;
    for (const section of inside) {
      const bodies = await unpack(section);
      const details = Object.keys(bodies).find((id) => bodies[id].includes(`id="${name}"`));
      if (details) return draw(document.getElementById(details));
    }
  };
  // What is known of each claim besides its sentence: its level, families, sources and tests.
  const about = await unpack(document.getElementById("claims"));
  const told = (claim, name) => (about[claim.id] || {})[name] || [];
  const topics = new Map(sections.map((section) => [section, section.querySelector("h2").textContent]));
  const texts = new Map(claims.map((claim) => {
    const named = [...told(claim, "source"), ...told(claim, "source").map((name) => name.replaceAll(" ", ""))].join(" ");
    return [claim, `${claim.querySelector("summary").textContent} ${named} ${told(claim, "words")}`.toLowerCase()];
  }));
  // A plain word is sought without its ending: "truncated" finds what "truncates".
  const root = (word) => word.replace(/^([a-z]{4,}?)(?:ying|ied|ies|ing|ed|es|(?<!s)s|y|e)$/, "$1");
  const facets = {
    verdict: (claim) => [claim.dataset.verdict],
    topic: (claim) => [topics.get(claim.closest("section"))],
    family: (claim) => told(claim, "family"),
    level: (claim) => told(claim, "level"),
    source: (claim) => told(claim, "source"),
  };

  const bar = make("div", { className: "filter", role: "search" });
  const words = make("input", { type: "search", placeholder: "Filter claims by words", name: "words" });
  words.setAttribute("aria-label", "Filter claims by words of the claim, its sources, tests and parameters");
  const inputs = { words };
  for (const [name, of] of Object.entries(facets)) {
    const found = new Map();
    for (const value of claims.flatMap(of)) found.set(value, (found.get(value) || 0) + 1);
    const choice = make("select", { name });
    choice.setAttribute("aria-label", `Show claims with this ${name}`);
    choice.append(make("option", { value: "", textContent: `every ${name}` }));
    const values = name === "verdict" || name === "topic" ? [...found.keys()] : [...found.keys()].sort();
    for (const value of values) choice.append(make("option", { value, textContent: `${value} (${found.get(value)})` }));
    inputs[name] = choice;
  }
  const said = make("span", { className: "few" });
  said.setAttribute("aria-live", "polite");
  const opener = make("button", { type: "button", textContent: "Open all" });

  const filter = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean).map(root);
    const chosen = Object.entries(facets).filter(([name]) => inputs[name].value);
    let shown = 0;
    for (const claim of claims) {
      const fits = chosen.every(([name, of]) => of(claim).includes(inputs[name].value)) &&
        wanted.every((word) => texts.get(claim).includes(word));
      claim.hidden = !fits;
      shown += fits;
    }
    for (const section of sections) section.hidden = !section.querySelector("details.claim:not([hidden])");
    for (const head of all(".area-head")) {
      let next = head.nextElementSibling;
      while (next && next.hidden && !next.matches(".area-head")) next = next.nextElementSibling;
      head.hidden = !next || next.matches(".area-head");
    }
    said.textContent = shown === claims.length ? "" : `${shown} of ${claims.length} claims`;
  };
  // The address holds the filter behind "#?", which no place in the page is called.
  const remember = () => {
    const asked = Object.entries(inputs).filter(([, input]) => input.value).map(([name, input]) => [name, input.value]);
    history.replaceState(null, "", asked.length ? `#?${new URLSearchParams(asked)}` : "#");
  };
  const set = (asked) => {
    for (const [name, input] of Object.entries(inputs)) input.value = asked.get(name) || "";
    filter();
  };
  const reveal = async () => {
    if (location.hash.startsWith("#?")) return set(new URLSearchParams(location.hash.slice(2)));
    const name = decodeURIComponent(location.hash.slice(1));
    if (!document.getElementById(name) && /^(i-|document|standard)/.test(name)) await find(name);
    const place = document.getElementById(name);
    if (!place) return;
    if (place.closest("[hidden]")) set(new URLSearchParams());
    for (let at = place.closest("details"); at; at = at.parentElement.closest("details")) {
      at.open = true;
      await draw(at);
    }
    place.scrollIntoView();
  };
  const openAll = () => {
    const open = opener.textContent === "Open all";
    for (const claim of claims) if (!claim.hidden) claim.open = open;
    opener.textContent = open ? "Close all" : "Open all";
  };

  bar.addEventListener("input", () => { filter(); remember(); });
  opener.addEventListener("click", openAll);
  addEventListener("hashchange", reveal);
  bar.append(...Object.values(inputs), opener, said);
  document.getElementById("claims").before(bar);
  // What a link leads to must not come to stand behind the bar.
  const cover = () => document.documentElement.style.setProperty("--covered",
    getComputedStyle(bar).position === "sticky" ? `${bar.offsetHeight}px` : "0px");
  new ResizeObserver(cover).observe(bar);
  cover();
  if (location.hash) await reveal();
})();
