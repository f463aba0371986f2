// Runs before anything is painted: light or dark as the system has it, unless the reader chose.
"use strict";

{
  const root = document.documentElement;
  root.classList.add("js");
  if (root.dataset.theme === "auto") {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const follow = () => root.setAttribute("data-bs-theme", dark.matches ? "dark" : "light");
    dark.addEventListener("change", follow);
    follow();
  }
}
