// SPDX-License-Identifier: LGPL-2.1-or-later
// One uPlot with a legend of ours: uPlot's cannot be reached by keyboard.
// Plots that cannot be seen are neither made nor drawn.

import { el, setText, place, visible, rate, tick, clock, NONE } from "./text.js";

/* global uPlot */

const HEIGHT = 150;
const SHORTEST_SPAN = 60;
const AXIS_FONT = "11px system-ui, sans-serif";
const DASHES = { dashed: [6, 3], dotted: [2, 3] };

const plots = new WeakMap();
const watcher = new IntersectionObserver((entries) => {
	for (const entry of entries)
		plots.get(entry.target)?.setSeen(entry.isIntersecting);
}, { rootMargin: "200px" });
const sizer = new ResizeObserver((entries) => {
	for (const entry of entries)
		plots.get(entry.target)?.fit();
});

// A canvas cannot use var(): a hidden element resolves it.
function colour(variable) {
	const probe = document.getElementById("colour-probe") ||
		document.body.appendChild(el("span", { id: "colour-probe", hidden: true }));
	probe.style.color = `var(--${variable})`;
	return getComputedStyle(probe).color;
}

function axis(extra) {
	return {
		stroke: colour("muted"),
		font: AXIS_FONT,
		grid: { stroke: colour("grid"), width: 1 },
		ticks: { show: false },
		...extra,
	};
}

export class Plot {
	// series: [{name, colour, line}], name null while it is not in use.
	// source(): the columns for uPlot, the first being times.
	constructor({ label, series, source }) {
		this.series = series;
		this.source = source;
		this.seen = false;
		this.off = new Set();
		this.holder = el("div", { class: "plot", role: "img", "aria-label": label });
		this.title = el("span", { class: "plot-title" });
		this.when = el("span", { class: "plot-when" });
		this.items = series.map((s, i) => this.item(s, i));
		this.legend = el("ul", { class: "legend", "aria-label": `Lines of: ${label}` });
		this.node = el("figure", {},
			el("figcaption", {}, this.title, this.when), this.holder, this.legend);
		plots.set(this.holder, this);
		watcher.observe(this.holder);
		sizer.observe(this.holder);
	}

	item(series, i) {
		const name = el("span", { class: "legend-name untrusted" });
		const value = el("span", { class: "legend-value" });
		const button = el("button", { type: "button", "aria-pressed": "true", onclick: () => this.toggle(i) },
			el("span", { class: `swatch ${series.colour}`, data: { line: series.line || "solid" } }), name, value);
		return { node: el("li", {}, button), button, name, value };
	}

	toggle(i) {
		if (!this.off.delete(i))
			this.off.add(i);
		this.items[i].button.setAttribute("aria-pressed", String(!this.off.has(i)));
		this.u?.setSeries(i + 1, { show: !this.off.has(i) });
	}

	setSeen(seen) {
		this.seen = seen;
		if (seen)
			this.update();
	}

	// How many points are drawn.
	get points() {
		return this.u ? this.u.data[0].length : 0;
	}

	update() {
		if (!this.seen || !this.holder.clientWidth)
			return;
		const data = this.source();
		if (this.u)
			this.u.setData(data);
		else
			this.create(data);
		this.writeLegend();
	}

	create(data) {
		this.u = new uPlot(this.options(), data, this.holder);
	}

	// Colours are read when a plot is made.
	recolour() {
		this.u?.destroy();
		this.u = null;
		this.update();
	}

	fit() {
		const width = this.holder.clientWidth;
		if (!this.u)
			this.update();
		else if (width && width !== this.u.width)
			this.u.setSize({ width, height: HEIGHT });
	}

	options() {
		return {
			width: this.holder.clientWidth,
			height: HEIGHT,
			padding: [8, 28, 0, 0],
			legend: { show: false },
			cursor: {
				y: false,
				drag: { x: false, y: false },
				points: { size: 5 },
				sync: { key: "weir" },
			},
			scales: {
				x: { time: true, range: (u, min, max) => [Math.min(min, max - SHORTEST_SPAN), max] },
				y: { range: (u, min, max) => [0, max > 0 ? max * 1.08 : 1] },
			},
			axes: [
				axis({ size: 24, space: 70, values: (u, splits) => splits.map(clock) }),
				axis({ size: 48, space: 28, values: (u, splits) => splits.map(tick) }),
			],
			series: [{}, ...this.series.map((s, i) => ({
				show: !this.off.has(i),
				stroke: colour(s.colour),
				dash: DASHES[s.line],
				width: 1.5,
				points: { show: false },
			}))],
			hooks: { setCursor: [() => this.writeLegend()] },
		};
	}

	// The values under the pointer, or else the latest ones.
	writeLegend() {
		if (!this.u)
			return;
		const times = this.u.data[0];
		const pointed = this.u.cursor.idx;
		const at = pointed ?? times.length - 1;
		setText(this.when, pointed === null || pointed === undefined ? "" : clock(times[at]));
		this.series.forEach((s, i) => {
			setText(this.items[i].name, visible(s.name));
			setText(this.items[i].value, times.length ? rate(this.u.data[i + 1][at]) : NONE);
		});
		place(this.legend, this.items.filter((item, i) => this.series[i].name).map((item) => item.node));
	}

	destroy() {
		watcher.unobserve(this.holder);
		sizer.unobserve(this.holder);
		this.u?.destroy();
		this.u = null;
	}
}

function first() {
	for (const holder of document.querySelectorAll(".plot")) {
		const plot = plots.get(holder);
		if (plot?.points)
			return plot;
	}
	return null;
}

export function firstPoints() {
	return first()?.points || 0;
}

export function firstTimes() {
	return first()?.u.data[0] || [];
}

// Seconds between the last two points.
export function firstStep() {
	const times = firstTimes();
	return times.length > 1 ? times.at(-1) - times.at(-2) : 0;
}
