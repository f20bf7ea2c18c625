// What every page has: the switch between light and dark, and the number of things in the basket.

const root = document.documentElement;
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

function isDark() {
  return root.dataset.theme ? root.dataset.theme === "dark" : systemIsDark.matches;
}

function bindThemeSwitch(button) {
  const show = () => button.setAttribute("aria-pressed", String(isDark()));
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    try {
      localStorage.setItem("theme", root.dataset.theme);
    } catch {
      // Then it lasts for this page.
    }
    show();
  });
  systemIsDark.addEventListener("change", show);
  show();
}

// The pages are the same for everybody and may be cached, so the number comes from a cookie that the basket sets.
function showCartCount(link) {
  const count = Number(/(?:^|; )cart_count=(\d{1,4})/.exec(document.cookie)?.[1] ?? 0);
  const bubble = link.querySelector(".cart-count");
  bubble.hidden = count === 0;
  bubble.textContent = count > 99 ? "99+" : String(count);
  link.setAttribute("aria-label", count === 0 ? "Basket" : `Basket, ${count} ${count === 1 ? "item" : "items"}`);
}

export function showCartCounts() {
  document.querySelectorAll("[data-cart]").forEach(showCartCount);
}

document.querySelectorAll(".theme-switch").forEach(bindThemeSwitch);
showCartCounts();
addEventListener("pageshow", showCartCounts);
// Where the visitor is stays in sight, however long the row is.
const here = document.querySelector(".shelves [aria-current]");
if (here) here.closest(".shelves").scrollLeft = here.offsetLeft - (innerWidth - here.offsetWidth) / 2;
// What went wrong: a summary of it, or the first field that it is about.
document.querySelector("[data-focus], [aria-invalid=true]")?.focus();
