// A listing that changes in place. The form, the links and their addresses work without this; it only saves the
// reload, keeps the place on the page, and says how much was found.

const announcements = document.getElementById("announcements");
let asking = null;

// Within these places a link leads to another form of the same listing.
const LINKS = ".chips a, .bands a, .pager a, .shelves a";

function addressOf(form) {
  const parameters = new URLSearchParams(new FormData(form));
  if (parameters.get("sort") === "newest") parameters.delete("sort");
  return `${form.getAttribute("action")}?${parameters}`;
}

async function show(address, { isNew = true, toTop = false } = {}) {
  asking?.abort();
  asking = new AbortController();
  const results = document.getElementById("results");
  results.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, { signal: asking.signal, headers: { accept: "text/html" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (isNew) history.pushState(null, "", address);
    put(page);
    if (toTop) scrollTo({ top: 0 });
  } catch (error) {
    if (error.name !== "AbortError") location.assign(address);
  }
}

function put(page) {
  const focused = document.activeElement;
  const again = focused?.name ? [focused.name, focused.value] : null;
  const isLost = focused?.closest("#results, #filters, .shelves") !== null;
  const unfolded = [...document.querySelectorAll("#filters details")].map((details) => details.open);
  for (const part of ["#results", "#filters", ".shelves"]) {
    document.querySelector(part).replaceWith(document.adoptNode(page.querySelector(part)));
  }
  document.querySelectorAll("#filters details").forEach((details, index) => {
    details.open = unfolded[index] ?? details.open;
  });
  document.title = page.title;
  announcements.textContent = document.querySelector("[data-count]").textContent;
  if (again) {
    const control = [...document.getElementById("filters").elements].find(
      ({ name, value, type }) => name === again[0] && (type !== "checkbox" || value === again[1]),
    );
    control?.focus({ preventScroll: true });
  } else if (isLost) {
    document.getElementById("heading").focus({ preventScroll: true });
  }
}

document.addEventListener("change", ({ target }) => {
  if (target.form?.id === "filters") show(addressOf(target.form));
});
document.addEventListener("submit", (event) => {
  if (event.target.id !== "filters") return;
  event.preventDefault();
  show(addressOf(event.target));
});
document.addEventListener("click", (event) => {
  const link = event.target.closest(LINKS);
  if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  show(link.href, { toTop: link.closest(".pager") !== null });
});
addEventListener("popstate", () => show(location.href, { isNew: false }));
