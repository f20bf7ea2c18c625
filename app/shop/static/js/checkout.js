// The checkout's sum follows the country. Without this a button asks for it.

const form = document.querySelector("[data-checkout]");

form?.elements.country.addEventListener("change", async () => {
  const sent = new URLSearchParams(new FormData(form));
  sent.set("step", "quote");
  const answer = await fetch(form.action, { method: "POST", body: sent });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const sum = page.querySelector("[data-checkout] aside");
  if (sum) form.querySelector("aside").replaceWith(document.adoptNode(sum));
});
