// The product's page: the price follows the chosen variant, things go into the basket without leaving, and the small
// pictures move the large ones. Without this the form is sent and the small pictures are links.

import { showCartCounts } from "./shop.js";

function bindChoice(form) {
  form.addEventListener("change", ({ target }) => {
    if (target.name !== "variant_id") return;
    const { price, stock, words } = target.dataset;
    form.querySelector("[data-price-now]").textContent = price;
    const line = form.querySelector("[data-stock-words]");
    line.textContent = words;
    line.classList.toggle("low", Number(stock) < 5);
    const quantity = form.elements.quantity;
    quantity.max = String(Math.min(Number(stock), 99));
    if (Number(quantity.value) > Number(quantity.max)) quantity.value = quantity.max;
  });
}

function bindBuying(form) {
  const added = form.querySelector("[data-added]");
  const refused = form.querySelector("[data-refused]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    added.hidden = refused.hidden = true;
    try {
      const wanted = { variant_id: Number(form.elements.variant_id.value), quantity: Number(form.elements.quantity.value) };
      const answer = await fetch("/api/cart/lines", {
        method: "POST",
        body: JSON.stringify(wanted),
        headers: { "content-type": "application/json" },
      });
      if (answer.ok) {
        added.hidden = false;
        document.getElementById("announcements").textContent = "It is in your basket.";
        showCartCounts();
      } else {
        const problem = await answer.json();
        refused.textContent = problem.detail || problem.title;
        refused.hidden = false;
      }
    } catch {
      refused.textContent = "The shop did not answer. Please try again.";
      refused.hidden = false;
    } finally {
      button.disabled = false;
    }
  });
}

function bindGallery(gallery) {
  gallery.addEventListener("click", (event) => {
    const link = event.target.closest(".thumbs a");
    if (!link) return;
    event.preventDefault();
    const slide = gallery.querySelector(link.hash);
    slide.parentElement.scrollTo({ left: slide.offsetLeft - slide.parentElement.offsetLeft });
    slide.querySelector("[data-viewer] > button:not([hidden])")?.click(); // whoever goes to the model wants to turn it
  });
  const links = new Map([...gallery.querySelectorAll(".thumbs a")].map((link) => [link.hash.slice(1), link]));
  const watcher = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) links.get(target.id)?.toggleAttribute("aria-current", isIntersecting);
    },
    { root: gallery.querySelector(".slides"), threshold: 0.6 },
  );
  gallery.querySelectorAll(".slide[id]").forEach((slide) => watcher.observe(slide));
}

document.querySelectorAll("[data-buy]").forEach((form) => {
  bindChoice(form);
  bindBuying(form);
});
document.querySelectorAll(".gallery").forEach(bindGallery);
