// SPDX-License-Identifier: LGPL-2.1-or-later
// The page: what the server says goes into the store, and from there onto the
// cards and sections.

import { el, setText, place, visible, number, duration } from "./text.js";
import { Api, usableToken } from "./api.js";
import { Store, POINTS, appendBoard, appendHistory, mapKey } from "./store.js";
import { DevCard } from "./dev.js";
import { MapSection } from "./map.js";
import { firstPoints, firstStep, firstTimes } from "./plot.js";
import { segmented } from "./choice.js";

const UNITS = { bits: { factor: 8, name: "bit/s" }, bytes: { factor: 1, name: "B/s" } };
// With more interfaces than this, those without programs start closed.
const FEW_DEVS = 4;

const LIVE = "1";
const SPANS = [LIVE, "30", "720"];
// Of the coarser histories of the server.
const HISTORY_POINTS = 120;

const $ = (id) => document.getElementById(id);

// By how many readings a point is the mean of.
const stores = new Map(SPANS.map((every) => [every, new Store()]));
const live = stores.get(LIVE);
const devCards = new Map();
const mapSections = new Map();
const lastRuns = new Map();
const view = {
	get store() {
		const store = stores.get(span.value);
		return store === live && frozen ? frozen : store;
	},
	runs: new Map(),
	units: () => UNITS[units.value],
	mapLink,
	mapId: (index) => sectionOf(index)?.node.id,
};

let newest = null;
// What is on the screen; newest, unless paused.
let shown = null;
let paused = false;
// The readings as they were when it was paused.
let frozen = null;
let link = { state: "connecting", text: "connecting", why: "" };
let sectionNumber = 0;
// When the coarser history was asked for.
let pulled = -Infinity;

const units = segmented($("units"), "weir-units", "bits", () => render());
const span = segmented($("span"), "weir-span", LIVE, () => {
	pulled = -Infinity;
	pullPast();
	render();
});
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const theme = segmented($("theme"), "weir-theme", "auto", setTheme);

// A server that is older or newer may leave something out.
function normal(board) {
	const list = (value) => Array.isArray(value) ? value : [];
	const devs = list(board.devs).map((dev) => ({ ...dev, programs: list(dev.programs) }));
	const maps = list(board.maps).map((map) => ({ ...map, counters: list(map.counters) }));
	const seconds = number(board.seconds);
	return { ...board, seconds, interval: number(board.interval) || seconds || 1, devs, maps };
}

// A program names its maps by their place in the board.
function sectionOf(index) {
	const map = shown.maps[index];
	return map && mapSections.get(mapKey(map));
}

function mapLink(index) {
	const section = sectionOf(index);
	return section && el("a", { class: "untrusted", href: `#${section.node.id}`, text: visible(shown.maps[index].name) });
}

// Runs are counted by program, wherever it is attached.
function updateRuns(board) {
	for (const { programs } of board.devs) {
		for (const { id, runs, run_time_ns: ns } of programs) {
			const last = lastRuns.get(id);
			if (runs === undefined || last?.time === board.time)
				continue;
			if (last && runs >= last.runs && board.time > last.time)
				view.runs.set(id, perRun(last, { runs, ns, time: board.time }));
			lastRuns.set(id, { runs, ns, time: board.time });
		}
	}
	for (const [id, last] of lastRuns) {
		if (last.time !== board.time) {
			lastRuns.delete(id);
			view.runs.delete(id);
		}
	}
}

function perRun(last, now) {
	const runs = now.runs - last.runs;
	const ns = now.ns - last.ns;
	return {
		rate: runs / (now.time - last.time),
		ns: runs > 0 && ns >= 0 ? ns / runs : null,
	};
}

// The next point of what is shown, unless all points are readings.
async function pullPast() {
	const every = span.value;
	const seconds = shown ? every * shown.interval : 0;
	if (every === LIVE || !shown || Math.abs(shown.time - pulled) < seconds)
		return;
	pulled = shown.time;
	try {
		const history = await api.json(`/api/v1/history?every=${every}`);
		appendHistory(stores.get(every), history, { ...shown, interval: seconds });
		render();
	} catch {
		// The stream's end says what is wrong; it is asked again then.
		pulled = -Infinity;
	}
}

function nameSpans() {
	for (const button of $("span").querySelectorAll("button")) {
		if (button.value !== LIVE)
			setText(button, duration(HISTORY_POINTS * button.value * (live.step || shown.interval)));
	}
}

function showDevs(devs) {
	const few = devs.length <= FEW_DEVS;
	for (const dev of devs) {
		if (!devCards.has(dev.name))
			devCards.set(dev.name, new DevCard(dev.name, view, few || dev.programs.length > 0));
	}
	dropOthers(devCards, new Set(devs.map((dev) => dev.name)));
	const order = [...devs].sort((a, b) => Boolean(b.programs.length) - Boolean(a.programs.length));
	place($("devs"), order.map((dev) => devCards.get(dev.name).node));
	for (const dev of devs)
		devCards.get(dev.name).update(dev);
	$("no-devs").hidden = devs.length > 0;
}

function dropOthers(things, names) {
	for (const [name, thing] of things) {
		if (!names.has(name)) {
			thing.destroy();
			things.delete(name);
		}
	}
}

// Maps in the order in which the interfaces' programs use them; those of no
// interface are last.
function mapOrder(board) {
	const used = board.devs.flatMap((dev) => dev.programs.flatMap((program) => program.maps || []));
	const own = board.maps.filter((map) => map.devs);
	const none = board.maps.filter((map) => !map.devs);
	const rank = (map) => {
		const at = used.indexOf(board.maps.indexOf(map));
		return at < 0 ? used.length : at;
	};
	return [...own.sort((a, b) => rank(a) - rank(b)), ...none];
}

function makeSections(maps) {
	for (const map of maps) {
		const key = mapKey(map);
		if (mapSections.get(key)?.shape === MapSection.shape(map))
			continue;
		mapSections.get(key)?.destroy();
		mapSections.set(key, new MapSection(key, map, view, sectionNumber++));
	}
	dropOthers(mapSections, new Set(maps.map(mapKey)));
}

function showMaps(board) {
	place($("maps"), mapOrder(board).map((map) => mapSections.get(mapKey(map)).node));
	for (const map of board.maps)
		mapSections.get(mapKey(map)).update(map);
	$("no-maps").hidden = board.maps.length > 0;
}

function render() {
	if (!shown)
		return;
	setText($("host"), visible(shown.host));
	document.title = shown.host ? `${visible(shown.host)} \u2013 weir` : "weir";
	setText($("version"), `weir ${shown.version || ""}`);
	setText($("interval"), `every ${shown.interval} s, ${Math.min(POINTS, view.store.length)} points`);
	nameSpans();
	setText($("cut"), shown.series_cut ? `${shown.series_cut} counters are left out: weir serve series N` : "");
	// Before the cards: their programs link to the sections.
	makeSections(shown.maps);
	showDevs(shown.devs);
	showMaps(shown);
}

function showState() {
	const words = (text) => paused && link.state !== "live" ? `paused, ${text}` : paused ? "paused" : text;
	$("state").dataset.state = paused ? "paused" : link.state;
	$("state").title = link.why;
	setText($("state-text"), words(link.text));
	// Not each second that passes: this is read out.
	setText($("state-said"), words(link.state));
	document.documentElement.dataset.live = link.state === "live" ? "1" : "0";
}

function setLink(state, why = "", seconds = undefined) {
	link = { state, text: seconds === undefined ? state : `${state}: ${duration(seconds)}`, why };
	showState();
}

function arrived(board) {
	appendBoard(live, board);
	newest = board;
	if (!paused)
		showNewest();
}

function showNewest() {
	updateRuns(newest);
	shown = newest;
	pullPast();
	render();
}

function setPaused(now) {
	paused = now;
	// So that all that is on the screen, or comes onto it, is of one moment.
	frozen = paused ? live.copy() : null;
	$("pause").setAttribute("aria-pressed", String(paused));
	setText($("pause"), paused ? "Resume" : "Pause");
	showState();
	if (!paused && newest)
		showNewest();
}

function setTheme(value) {
	document.documentElement.dataset.theme = value !== "auto" ? value : prefersDark.matches ? "dark" : "light";
	for (const thing of [...devCards.values(), ...mapSections.values()])
		thing.recolour();
}

function askToken(refused) {
	const form = $("token-form");
	setText($("token-why"), refused
		? "The server refused the token. It is the first line of the file that weir serve was given."
		: "This server wants a token: the first line of the file that weir serve was given.");
	form.hidden = false;
	$("token").value = "";
	$("token").focus();
	return new Promise((resolve) => {
		form.onsubmit = (event) => {
			event.preventDefault();
			const token = $("token").value.trim();
			if (!usableToken(token)) {
				setText($("token-why"), "A token has only letters, digits and punctuation, without spaces.");
				return;
			}
			form.hidden = true;
			resolve(token);
		};
	});
}

function started(first, history) {
	const board = normal(first);
	$("token-form").hidden = true;
	appendHistory(live, history, board);
	arrived(board);
}

const api = new Api({
	started,
	board: (board) => arrived(normal(board)),
	state: setLink,
	askToken,
});

$("pause").addEventListener("click", () => setPaused(!paused));
prefersDark.addEventListener("change", () => setTheme(theme.value));
window.weirPoints = firstPoints;
window.weirStep = firstStep;
window.weirTimes = firstTimes;
setTheme(theme.value);
api.run();
