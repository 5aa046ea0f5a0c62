// SPDX-License-Identifier: LGPL-2.1-or-later
// A group of buttons of which one is pressed; the choice outlives the page.

function recall(key) {
	try {
		return localStorage.getItem(key);
	} catch {
		return null;
	}
}

function keep(key, value) {
	try {
		localStorage.setItem(key, value);
	} catch {
		// Without storage the choice lives as long as the page.
	}
}

export function segmented(group, key, fallback, changed) {
	const buttons = [...group.querySelectorAll("button")];
	const known = buttons.map((button) => button.value);
	const kept = recall(key);
	const choice = { value: known.includes(kept) ? kept : fallback };

	function show() {
		for (const button of buttons)
			button.setAttribute("aria-pressed", String(button.value === choice.value));
	}

	for (const button of buttons) {
		button.addEventListener("click", () => {
			choice.value = button.value;
			keep(key, choice.value);
			show();
			changed(choice.value);
		});
	}
	show();
	return choice;
}
