// SPDX-License-Identifier: LGPL-2.1-or-later
// The section of one counter map: its plots of the busiest keys and its table.

import { el, setText, visible } from "./text.js";
import { Plot } from "./plot.js";
import { CounterTable } from "./table.js";
import { mapGroup } from "./store.js";

const TOP = 8;
// A line stays until another key is clearly busier: lines that change places
// each second cannot be read.
const INCUMBENT = 1.25;
const NEGLIGIBLE = 1e-6;

const FIELDS = [
	{ field: "pps", needs: "packets", label: "packets per second" },
	{ field: "Bps", needs: "bytes", label: "data per second" },
];

function sumOfScores(group) {
	let sum = 0;
	for (const ring of group.rings.values())
		sum += ring.score;
	return sum;
}

export class MapSection {
	// view: {store, units()}
	constructor(key, map, view, number) {
		this.key = key;
		this.view = view;
		this.fields = FIELDS.filter(({ needs }) => map[needs]);
		this.shape = MapSection.shape(map);
		this.lines = [];
		for (let i = 0; i < TOP; i++)
			this.lines.push({ name: null, colour: `c${i + 1}`, line: i < TOP / 2 ? "solid" : "dashed" });
		this.other = { name: null, colour: "c0", line: "dotted" };
		this.build(map, number);
	}

	// What makes a section unusable for the map that now has its key.
	static shape(map) {
		return JSON.stringify([map.name, map.packets, map.bytes]);
	}

	build(map, number) {
		this.plots = this.fields.map(({ field, label }) => new Plot({
			label: `${map.name}: ${label} of the busiest counters over time`,
			series: [...this.lines, this.other],
			source: () => this.columns(field),
		}));
		this.table = new CounterTable(map, this.view, (name) => this.lines.find((line) => line.name === name) || {});
		this.facts = el("span", { class: "facts untrusted" });
		this.cut = el("p", { class: "note", hidden: true });
		this.node = el("details", { class: "panel", open: true, id: `map-${number}`, data: { map: map.name } },
			el("summary", {}, el("h3", { class: "untrusted", text: visible(map.name) }), this.facts),
			el("div", { class: "panel-body map-body" },
				el("div", { class: "plots" }, ...this.plots.map((plot) => plot.node)),
				this.table.node),
			this.cut);
	}

	group(field) {
		return mapGroup(this.view.store, this.key, field);
	}

	// "other" is what remains of the sum, so that keys that are gone from the
	// map still count in the past.
	columns(field) {
		const { store } = this.view;
		const factor = field === "Bps" ? this.view.units().factor : 1;
		const group = this.group(field);
		const nothing = new Array(store.length).fill(null);
		const top = this.lines.map((line) => line.name === null ? nothing : group.column(line.name, factor));
		const other = this.other.name === null ? nothing : group.sums(factor).map((sum, i) => {
			if (sum === null)
				return null;
			const rest = top.reduce((left, column) => left - (column[i] || 0), sum);
			return rest > sum * NEGLIGIBLE ? rest : 0;
		});
		return [store.times(), ...top, other];
	}

	// A key counts by its share of the packets or of the bytes, whichever is
	// larger, so that one choice (and one colour) serves both plots.
	busiest() {
		const shares = new Map();
		for (const { field } of this.fields) {
			const group = this.group(field);
			const sum = sumOfScores(group);
			for (const [name, ring] of group.rings) {
				if (ring.score > NEGLIGIBLE)
					shares.set(name, Math.max(shares.get(name) || 0, ring.score / sum));
			}
		}
		for (const { name } of this.lines) {
			if (shares.has(name))
				shares.set(name, shares.get(name) * INCUMBENT);
		}
		return [...shares].sort((a, b) => b[1] - a[1]).map(([name]) => name);
	}

	chooseLines() {
		const busy = this.busiest();
		const top = new Set(busy.slice(0, TOP));
		for (const line of this.lines) {
			if (!top.delete(line.name))
				line.name = null;
		}
		const coming = [...top];
		for (const line of this.lines) {
			if (line.name === null && coming.length)
				line.name = coming.shift();
		}
		this.other.name = busy.length > TOP ? "other" : null;
	}

	update(map) {
		const where = [map.devs && `on ${map.devs}`, map.hooks].filter(Boolean).join(" ");
		setText(this.facts, visible([map.type, map.queues ? "" : `id ${map.id}`, where, map.pin].filter(Boolean).join(" \u00b7 ")));
		this.cut.hidden = !map.cut;
		setText(this.cut, `${map.cut} more counters were left out by the server.`);
		this.chooseLines();
		this.plots.forEach((plot, i) => {
			setText(plot.title, this.fields[i].field === "pps" ? "packets/s" : this.view.units().name);
			plot.update();
		});
		this.table.update(map.counters);
	}

	recolour() {
		this.plots.forEach((plot) => plot.recolour());
	}

	destroy() {
		this.plots.forEach((plot) => plot.destroy());
		this.table.destroy();
		this.node.remove();
	}
}
