// Runs before the first paint, so that a remembered choice does not flash. A classic script for that reason.
try {
  const chosen = localStorage.getItem("theme");
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
} catch {
  // A browser that keeps nothing follows the system.
}
document.documentElement.classList.add("scripted");
