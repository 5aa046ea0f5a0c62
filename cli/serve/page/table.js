// SPDX-License-Identifier: LGPL-2.1-or-later
// The table of one map's counters. It may have thousands of rows: rows are
// kept by name, and no more are in the document than were asked for.

import { el, setText, place, visible, number, rate, total, exact } from "./text.js";

const ROWS = 500;
// Tables of up to this many rows are kept current out of sight too, for the
// search of the browser; larger ones only where they can be seen.
const SMALL = 100;

const COLUMNS = [
	{ key: "name", title: "counter" },
	{ key: "packets", title: "packets", needs: "packets" },
	{ key: "bytes", title: "bytes", needs: "bytes" },
	{ key: "pps", title: "packets/s", needs: "packets" },
	{ key: "Bps", title: "bit/s", needs: "bytes" },
];

const tables = new WeakMap();
const watcher = new IntersectionObserver((entries) => {
	for (const entry of entries)
		tables.get(entry.target)?.setSeen(entry.isIntersecting);
}, { rootMargin: "200px" });

// "queue 10" comes after "queue 9".
const byName = new Intl.Collator("en", { numeric: true });

function reads(name, wanted) {
	return name.toLowerCase().includes(wanted);
}

export class CounterTable {
	// view: {units()}; colourOf(name) is the class of the counter's line.
	constructor(map, view, colourOf) {
		this.view = view;
		this.colourOf = colourOf;
		this.columns = COLUMNS.filter((column) => !column.needs || map[column.needs]);
		this.sortKey = this.columns[1]?.key || "name";
		this.descending = this.columns.length > 1;
		this.limit = ROWS;
		this.rows = new Map();
		this.counters = [];
		this.seen = false;
		this.build(map.name);
		tables.set(this.node, this);
		watcher.observe(this.node);
	}

	setSeen(seen) {
		this.seen = seen;
		if (seen)
			this.render();
	}

	build(name) {
		this.filter = el("input", {
			type: "search", placeholder: "filter", autocomplete: "off", spellcheck: "false",
			"aria-label": `Filter the counters of ${name} by name`, oninput: () => this.reset(),
		});
		this.zeros = el("input", { type: "checkbox", onchange: () => this.reset() });
		this.status = el("span", { class: "count" });
		this.more = el("button", { type: "button", onclick: () => this.showMore() });
		this.body = el("tbody");
		this.heads = this.columns.map((column) => this.head(column));
		this.node = el("div", { class: "counters" },
			el("div", { class: "tools" }, this.filter,
				el("label", {}, this.zeros, " show zero"), this.status),
			el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Counters of ${name}` },
				el("table", {},
					el("caption", { class: "hidden", text: `Counters of ${name}` }),
					el("thead", {}, el("tr", {}, ...this.heads.map((head) => head.node))),
					this.body)),
			this.more);
	}

	head(column) {
		const button = el("button", { type: "button", text: column.title, onclick: () => this.sortBy(column.key) });
		const node = el("th", { scope: "col", class: column.key === "name" ? "" : "num" }, button);
		return { key: column.key, button, node };
	}

	sortBy(key) {
		this.descending = key === this.sortKey ? !this.descending : key !== "name";
		this.sortKey = key;
		this.render();
	}

	reset() {
		this.limit = ROWS;
		this.render();
	}

	showMore() {
		this.limit += ROWS;
		this.render();
	}

	update(counters) {
		this.counters = counters;
		if (this.seen || this.rows.size <= SMALL)
			this.render();
	}

	// Ties are broken by name, so that equal rows do not change places.
	compare(a, b) {
		const sign = this.descending ? -1 : 1;
		const by = this.sortKey === "name" ? 0 : number(a[this.sortKey]) - number(b[this.sortKey]);
		if (by)
			return sign * by;
		return (this.sortKey === "name" ? sign : 1) * byName.compare(a.name, b.name);
	}

	chosen() {
		const wanted = this.filter.value.trim().toLowerCase();
		return this.counters
			.filter((c) => this.zeros.checked || c.packets || c.bytes)
			.filter((c) => !wanted || reads(c.name, wanted) || reads(visible(c.name), wanted))
			.sort((a, b) => this.compare(a, b));
	}

	render() {
		const chosen = this.chosen();
		const shown = chosen.slice(0, this.limit);
		const rows = new Map();
		const nodes = shown.map((counter) => {
			const row = this.rows.get(counter.name) || this.row(counter.name);
			rows.set(counter.name, row);
			this.writeRow(row, counter);
			return row.node;
		});
		this.rows = rows;
		place(this.body, nodes);
		this.writeHeads();
		this.writeStatus(chosen.length, shown.length);
	}

	row(name) {
		const swatch = el("span", { class: "swatch" });
		const cells = this.columns.map((column) => column.key === "name"
			? el("th", { scope: "row", data: { cell: "name" } }, swatch, el("span", { class: "untrusted", text: visible(name) }))
			: el("td", { class: "num", data: { cell: column.key } }));
		return { swatch, cells, node: el("tr", { data: { counter: name } }, ...cells) };
	}

	writeRow(row, counter) {
		const { factor } = this.view.units();
		const colour = this.colourOf(counter.name);
		row.swatch.className = `swatch ${colour.colour || ""}`;
		row.swatch.dataset.line = colour.line || "solid";
		this.columns.forEach(({ key }, i) => {
			const cell = row.cells[i];
			const value = number(counter[key]);
			if (key === "pps" || key === "Bps")
				setText(cell, rate(key === "Bps" ? value * factor : value));
			else if (key !== "name" && cell.dataset.value !== exact(value)) {
				cell.dataset.value = cell.title = exact(value);
				cell.textContent = total(value);
			}
		});
	}

	writeHeads() {
		for (const head of this.heads) {
			const sorted = head.key === this.sortKey;
			head.node.setAttribute("aria-sort", sorted ? (this.descending ? "descending" : "ascending") : "none");
			if (head.key === "Bps")
				setText(head.button, this.view.units().name);
		}
	}

	writeStatus(chosen, shown) {
		const of = this.counters.length;
		setText(this.status, `${shown === of ? "" : `${shown} of `}${of} ${of === 1 ? "counter" : "counters"}`);
		this.more.hidden = shown === chosen;
		setText(this.more, `Show ${Math.min(ROWS, chosen - shown)} more of ${chosen - shown}`);
		this.body.parentNode.parentNode.classList.toggle("empty", !shown);
	}

	destroy() {
		watcher.unobserve(this.node);
	}
}
