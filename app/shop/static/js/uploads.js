// Forms that send a file: past the application, to where the storage takes it. Without this script the file goes with
// the form itself.

for (const form of document.querySelectorAll("form[data-upload]")) {
  form.addEventListener("submit", (event) => {
    const file = form.elements.file.files[0];
    if (!file) return;
    event.preventDefault();
    send(form, file);
  });
}

for (const form of document.querySelectorAll("form[data-poster]")) {
  const draw = form.querySelector("[data-draw]");
  draw.hidden = false;
  draw.addEventListener("click", async () => {
    const viewer = document.querySelector("model-viewer");
    if (!viewer) {
      say(form, "Open the 3D view first, and turn it as you like.");
      return;
    }
    await send(form, await viewer.toBlob({ mimeType: "image/webp", qualityArgument: 0.9, idealAspect: true }));
  });
}

/** Send the file where the shop says, and then the form with the token of the promise in place of the file. */
async function send(form, file) {
  const buttons = form.querySelectorAll("button");
  buttons.forEach((button) => (button.disabled = true));
  try {
    say(form, "Uploading…");
    const { url, fields, token } = await promise(form.dataset.upload);
    await deliver(url, fields, file);
    say(form, "Uploaded. It is being looked at…");
    form.elements.file.disabled = true;
    form.append(hidden("token", token));
    form.submit();
  } catch (error) {
    say(form, error.message);
    buttons.forEach((button) => (button.disabled = false));
  }
}

async function promise(purpose) {
  const answer = await fetch("/api/uploads", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify({ purpose }),
  });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.detail ?? body.title);
  return body;
}

async function deliver(url, fields, file) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  body.append("file", file); // last: S3 reads nothing after it
  // Another origin's answer is not read: the shop looks itself whether the file has arrived.
  const isOwn = new URL(url, location.href).origin === location.origin;
  const answer = await fetch(url, { method: "POST", body, mode: isOwn ? "same-origin" : "no-cors" });
  if (isOwn && !answer.ok) throw new Error("The file was not taken. It may be too large.");
}

function hidden(name, value) {
  const input = document.createElement("input");
  Object.assign(input, { type: "hidden", name, value });
  return input;
}

function say(form, text) {
  form.querySelector("[data-upload-status]").textContent = text;
}
