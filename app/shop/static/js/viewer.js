// A product in 3D, when the shopper asks for it. Until then the page has a picture and none of the viewer's code.

let attempts = 0; // in the fragments of addresses: browser and viewer remember what failed, by its whole address
const still = matchMedia("(prefers-reduced-motion: reduce)");

for (const frame of document.querySelectorAll("[data-viewer]")) {
  const button = frame.querySelector("button");
  button.hidden = false;
  button.addEventListener("click", () => show(frame));
}

/** Put the model in place of the frame's picture. If it can't be shown the picture stays, and the button. */
async function show(frame) {
  const { script, decoder, model, label } = frame.dataset;
  const button = frame.querySelector("button");
  const status = frame.querySelector("[role=status]");
  button.disabled = true;
  attempts += 1;
  status.textContent = "Loading the 3D view…";
  try {
    const viewer = await drawn(await created(script, decoder), model, label, frame);
    frame.classList.add("is-live");
    button.hidden = true;
    status.textContent = "The 3D view is ready. Turn it with the arrow keys, or drag it.";
    // Whoever asked by keyboard goes on by keyboard: the part of the viewer that listens is within its shadow tree.
    viewer.shadowRoot.querySelector("[role=img]")?.focus({ preventScroll: true });
  } catch {
    frame.querySelector("model-viewer")?.remove();
    button.disabled = false;
    status.textContent = "The 3D view can’t be shown now.";
  }
}

async function created(script, decoder) {
  self.ModelViewerElement = { ...self.ModelViewerElement, meshoptDecoderLocation: decoder };
  if (!customElements.get("model-viewer")) await import(`${script}#${attempts}`);
  return document.createElement("model-viewer");
}

function drawn(viewer, model, label, frame) {
  const settings = {
    src: `${model}#${attempts}`,
    alt: label,
    loading: "eager",
    "camera-controls": "",
    "touch-action": "pan-y",
    "shadow-intensity": "1",
    "interaction-prompt": still.matches ? "none" : "auto",
  };
  for (const [name, value] of Object.entries(settings)) viewer.setAttribute(name, value);
  return new Promise((resolve, reject) => {
    viewer.addEventListener("load", () => resolve(viewer), { once: true });
    viewer.addEventListener("error", reject, { once: true });
    frame.append(viewer);
  });
}
