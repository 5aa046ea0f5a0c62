// SPDX-License-Identifier: LGPL-2.1-or-later
// The card of one interface.

import { el, setText, place, visible, number, rate, total, exact, nanoseconds } from "./text.js";
import { Plot } from "./plot.js";
import { devGroup } from "./store.js";

const STAGES = [
	{ hook: "xdp", title: "XDP" },
	{ hook: "ingress", title: "tc ingress" },
	{ hook: null, title: "stack" },
	{ hook: "egress", title: "tc egress" },
];

const TOTALS = ["packets", "bytes", "errors", "dropped"];
const DIRECTIONS = ["rx", "tx"];
const SERIES = [{ name: "rx", colour: "c1" }, { name: "tx", colour: "c2" }];

function statRow(name, cells) {
	const head = el("th", { scope: "row", text: name });
	return { head, cells, node: el("tr", {}, head, ...cells) };
}

// Which programs are there, without what changes all the time.
function signature(programs, mapId) {
	return JSON.stringify(programs.map((p) => [p.hook, p.how, p.name, p.id, (p.maps || []).map(mapId)]));
}

function hookTitle(hook) {
	return STAGES.find((stage) => stage.hook === hook)?.title || hook;
}

export class DevCard {
	// view: {store, units(), runs, mapId(index), mapLink(index)}
	constructor(name, view, open) {
		this.name = name;
		this.view = view;
		this.rows = {};
		this.runs = [];
		this.state = el("span", { class: "tag" });
		this.brief = el("span", { class: "brief" });
		this.path = el("ol", { class: "path", "aria-label": `Programs on ${name} in the order in which packets meet them` });
		this.plots = ["pps", "Bps"].map((field) => new Plot({
			label: `${name}: ${field === "pps" ? "packets" : "data"} received and sent over time`,
			series: SERIES,
			source: () => this.columns(field),
		}));
		this.node = el("details", { class: "panel", open, data: { dev: name } },
			el("summary", {}, el("h3", { class: "untrusted", text: visible(name) }), this.state, this.brief),
			el("div", { class: "panel-body dev-body" }, this.statTable(), ...this.plots.map((plot) => plot.node)),
			this.path);
	}

	statTable() {
		const body = el("tbody");
		for (const key of ["pps", "Bps", ...TOTALS]) {
			const cells = DIRECTIONS.map((dir) => el("td", { data: { cell: `${dir}_${key}` } }));
			this.rows[key] = statRow(key, cells);
			body.append(this.rows[key].node);
		}
		setText(this.rows.pps.head, "packets/s");
		return el("table", { class: "stats" },
			el("caption", { class: "hidden", text: `Rates and totals of ${this.name}` }),
			el("thead", {}, el("tr", {}, el("td"), ...SERIES.map((s) =>
				el("th", { scope: "col" }, el("span", { class: `swatch ${s.colour}` }), s.name)))),
			body);
	}

	columns(field) {
		const group = devGroup(this.view.store, this.name);
		const factor = field === "Bps" ? this.view.units().factor : 1;
		return [this.view.store.times(), ...DIRECTIONS.map((dir) => group.column(`${dir}_${field}`, factor))];
	}

	update(dev) {
		const { factor, name: unit } = this.view.units();
		setText(this.state, dev.up ? "up" : "down");
		this.state.dataset.state = dev.up ? "up" : "down";
		this.node.querySelector("h3").title = `ifindex ${dev.ifindex}, queues ${dev.n_rx_queues} rx, ${dev.n_tx_queues} tx`;
		setText(this.brief, DIRECTIONS.map((dir) =>
			`${dir} ${rate(number(dev[`${dir}_pps`]))} p/s ${rate(number(dev[`${dir}_Bps`]) * factor)} ${unit}`).join("   "));
		setText(this.rows.Bps.head, unit);
		DIRECTIONS.forEach((dir, i) => this.updateDirection(dev, dir, i, factor));
		setText(this.plots[0].title, "packets/s");
		setText(this.plots[1].title, unit);
		this.plots.forEach((plot) => plot.update());
		this.updatePath(dev.programs);
	}

	updateDirection(dev, dir, i, factor) {
		setText(this.rows.pps.cells[i], rate(number(dev[`${dir}_pps`])));
		setText(this.rows.Bps.cells[i], rate(number(dev[`${dir}_Bps`]) * factor));
		for (const key of TOTALS) {
			const cell = this.rows[key].cells[i];
			const value = number(dev[`${dir}_${key}`]);
			setText(cell, total(value));
			cell.dataset.value = cell.title = exact(value);
			cell.classList.toggle("bad", value > 0 && (key === "errors" || key === "dropped"));
		}
	}

	updatePath(programs) {
		const now = signature(programs, this.view.mapId);
		if (now !== this.signature) {
			this.signature = now;
			this.drawPath(programs);
		}
		programs.forEach((program, i) => setText(this.runs[i], this.runText(program)));
	}

	drawPath(programs) {
		const hooks = new Set(STAGES.map((stage) => stage.hook));
		const others = [...new Set(programs.map((p) => p.hook).filter((hook) => !hooks.has(hook)))];
		const stages = [...STAGES, ...others.map((hook) => ({ hook, title: hook }))];
		this.runs = programs.map(() => el("span", { class: "runs" }));
		place(this.path, stages.map((stage) => this.stage(stage, programs)));
	}

	stage({ hook, title }, programs) {
		const here = programs.map((program, i) => ({ program, i })).filter(({ program }) => program.hook === hook);
		const empty = hook && !here.length;
		const node = el("li", { class: "stage", data: { hook: hook || "stack", empty: String(Boolean(empty)) } },
			el("span", { class: "stage-title untrusted", text: visible(title) }));
		if (here.length)
			node.append(el("ol", {}, ...here.map(({ program, i }) => this.program(program, i))));
		else if (hook)
			node.append(el("span", { class: "none", text: "no program" }));
		return node;
	}

	program(program, i) {
		const links = (program.maps || []).map((index) => this.view.mapLink(index)).filter(Boolean);
		return el("li", { class: "program", title: visible(`${hookTitle(program.hook)}, ${program.how}`) },
			el("span", { class: "prog-name untrusted", text: visible(program.name) || "(no name)" }),
			el("span", { class: "prog-how untrusted", text: visible(program.how) }),
			el("span", { class: "prog-id", text: `id ${program.id}` }),
			this.runs[i],
			...links);
	}

	runText(program) {
		const per = this.view.runs.get(program.id);
		if (!per)
			return "";
		const time = per.ns === null ? "" : `, ${nanoseconds(per.ns)} each`;
		return `${rate(per.rate)} runs/s${time}`;
	}

	recolour() {
		this.plots.forEach((plot) => plot.recolour());
	}

	destroy() {
		this.plots.forEach((plot) => plot.destroy());
		this.node.remove();
	}
}
