// What is folded away lies in the page as data, one piece for each section, and is drawn when it is asked for.
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const unpacked = new Map();
const unpack = (holder) => {
  const pack = holder && holder.querySelector(":scope > script.pack");
  if (!pack || !window.DecompressionStream) return Promise.resolve({});
  if (!unpacked.has(holder)) {
    const bytes = Uint8Array.from(atob(pack.textContent.trim()), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    unpacked.set(holder, new Response(stream).json());
  }
  return unpacked.get(holder);
};
const draw = async (details) => {
  const folded = details.querySelector(":scope > .folded");
  if (!folded) return;
  const bodies = await unpack(details.closest("section"));
  if (!folded.isConnected || !(details.id in bodies)) return;
  folded.innerHTML = bodies[details.id];
  folded.className = "drawn";
  for (const place of all("[data-ladder]", folded)) place.innerHTML = ladder(JSON.parse(place.dataset.ladder));
};
for (const details of all("details:has(> .folded)")) {
  details.addEventListener("toggle", () => details.open && draw(details));
}
