// Opens what the address leads to, also where the filter hides it.
(async () => {
  const reveal = async () => {
    const place = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!place) return;
    if (!place.checkVisibility()) document.getElementById("show-all").checked = true;
    for (let at = place.closest("details"); at; at = at.parentElement.closest("details")) {
      at.open = true;
      await draw(at);
    }
    place.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  if (location.hash) await reveal();
})();
