// SPDX-License-Identifier: LGPL-2.1-or-later
// Elements and numbers. Names come from programs that others loaded, so
// everything here goes through textContent and setAttribute.

const PREFIXES = ["", "k", "M", "G", "T", "P", "E", "Z"];
const NARROW = "\u202f";
const EXACT_BELOW = 100000;

export const NONE = "\u2013";

export function el(tag, props = {}, ...children) {
	const node = document.createElement(tag);
	for (const [name, value] of Object.entries(props)) {
		if (name === "text")
			node.textContent = value;
		else if (name === "data")
			Object.assign(node.dataset, value);
		else if (name.startsWith("on"))
			node.addEventListener(name.slice(2), value);
		else if (value === true)
			node.setAttribute(name, "");
		else if (value !== false && value !== undefined && value !== null)
			node.setAttribute(name, value);
	}
	node.append(...children);
	return node;
}

// A name that turns the reading direction or holds control characters could
// pass for another: those characters are written as their numbers.
export function visible(name) {
	return String(name ?? "").replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
		(c) => `\\u{${c.codePointAt(0).toString(16)}}`);
}

// Writing the same text again would still cost layout and end a selection.
export function setText(node, text) {
	if (node.textContent !== text)
		node.textContent = text;
}

// Puts nodes into parent in this order, and moves only those that are not at
// their place: a moved element loses its focus and its scroll position.
export function place(parent, nodes) {
	const wanted = new Set(nodes);
	for (const child of [...parent.children])
		if (!wanted.has(child))
			child.remove();
	let at = parent.firstElementChild;
	for (const node of nodes) {
		if (node === at)
			at = at.nextElementSibling;
		else
			parent.insertBefore(node, at);
	}
}

export function number(value) {
	const n = Number(value);
	return Number.isFinite(n) ? n : 0;
}

function scaled(value, significant) {
	let step = 0;
	// What would round up to 1000 takes the next prefix already.
	while (Math.abs(value) >= 1000 - 0.5 * 10 ** (3 - significant) && step < PREFIXES.length - 1) {
		value /= 1000;
		step++;
	}
	const whole = Math.abs(value) < 9.9995 ? 1 : Math.abs(value) < 99.995 ? 2 : 3;
	return [value.toFixed(Math.max(0, significant - whole)), PREFIXES[step]];
}

// A rate: three significant digits and a prefix.
export function rate(value) {
	if (value === null || value === undefined || !Number.isFinite(value))
		return NONE;
	if (value === 0)
		return "0";
	const [digits, prefix] = scaled(value, 3);
	return prefix ? digits + NARROW + prefix : digits;
}

// A total: exact while it is short.
export function total(value) {
	if (!Number.isFinite(value))
		return NONE;
	if (Math.abs(value) < EXACT_BELOW)
		return String(Math.round(value));
	const [digits, prefix] = scaled(value, 4);
	return digits + NARROW + prefix;
}

// A tick of an axis: no trailing zeros, no space.
export function tick(value) {
	const [digits, prefix] = scaled(value, 3);
	return String(Number(digits)) + prefix;
}

// What a double is sure to hold of any integer; zeros take the place of the rest.
const about = new Intl.NumberFormat("en", { maximumSignificantDigits: 15, useGrouping: false });

// All digits, as long as JSON.parse kept them: beyond 2^53 it rounds.
export function exact(value) {
	if (!Number.isFinite(value))
		return "0";
	return Math.abs(value) > Number.MAX_SAFE_INTEGER ? `~${about.format(value)}` : String(Math.round(value));
}

const clockFormat = new Intl.DateTimeFormat("en-GB", {
	hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});

export function clock(seconds) {
	return clockFormat.format(new Date(seconds * 1000));
}

export function nanoseconds(ns) {
	if (ns < 1000)
		return `${Math.round(ns)}${NARROW}ns`;
	if (ns < 1e6)
		return `${(ns / 1e3).toFixed(1)}${NARROW}\u00b5s`;
	return `${(ns / 1e6).toFixed(1)}${NARROW}ms`;
}

// "18 min", "1 h"
export function duration(seconds) {
	for (const [unit, length] of [["d", 86400], ["h", 3600], ["min", 60]]) {
		if (seconds >= length * 0.99)
			return `${Math.round(seconds / length)} ${unit}`;
	}
	return `${Math.round(seconds)} s`;
}
