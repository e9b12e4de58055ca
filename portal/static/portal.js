// SPDX-FileCopyrightText: Open Inburgering contributors
// SPDX-License-Identifier: EUPL-1.2
//
// Keys of the roll call, and focus on what went wrong. Every page works without this file.
"use strict";

(() => {
  const focusFault = () => document.querySelector("[data-focus]")?.focus();

  const rows = (form) => [...form.querySelectorAll("[data-row]")];

  // The radio that Tab would reach: the chosen one, or else the first.
  const entry = (row) => row.querySelector("input[type=radio]:checked") ?? row.querySelector("input[type=radio]");

  const step = (form, row, by) => {
    const all = rows(form);
    const next = all[all.indexOf(row) + by];
    if (next) entry(next)?.focus();
    return Boolean(next);
  };

  const choose = (form, row, key) => {
    const radio = row.querySelector(`input[data-key="${key}"]`);
    if (!radio) return;
    if (!radio.checked) {
      radio.checked = true;
      radio.dispatchEvent(new Event("change", { bubbles: true }));
    }
    if (!step(form, row, 1)) radio.focus();
  };

  const onKey = (event) => {
    const radio = event.target.closest("input[type=radio][data-key]");
    const form = event.target.closest("[data-roll]");
    if (!radio || !form || event.altKey || event.ctrlKey || event.metaKey) return;
    const row = radio.closest("[data-row]");
    if (["1", "2", "3", "4"].includes(event.key)) {
      event.preventDefault();
      choose(form, row, event.key);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      step(form, row, event.key === "ArrowDown" ? 1 : -1);
    }
  };

  // The state of a row whose request never arrived: say so, the form's button still saves all.
  const onLost = (event) => {
    const state = event.target.closest?.("[data-row]")?.querySelector(".portal-roll__state");
    if (state) {
      const words = document.createElement("span");
      words.className = "portal-state portal-state--error";
      words.textContent = "Niet opgeslagen: geen verbinding. Probeer het opnieuw.";
      state.replaceChildren(words);
    }
  };

  // A double click on a form must not send it twice.
  const onSubmit = (event) => {
    const form = event.target;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    window.setTimeout(() => delete form.dataset.sent, 3000);
  };

  document.addEventListener("keydown", onKey);
  document.addEventListener("submit", onSubmit);
  for (const name of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(name, onLost);
  focusFault();
})();
