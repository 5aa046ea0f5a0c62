// SPDX-License-Identifier: LGPL-2.1-or-later
// The server: the token, the first board and history, and the stream, which
// is read with fetch because EventSource cannot send a token.

const TOKEN_KEY = "weir-token";
const FIRST_DELAY = 1;
const LONGEST_DELAY = 30;
// A stream that is silent for so long is taken for dead. The server gives a sign of life every
// 15 s, also while it has nothing new.
const SILENT_INTERVALS = 3;
const SILENT_AT_LEAST = 20;
// What is shown is stale when the next board is late by so much.
const STALE_INTERVALS = 3;
const STALE_AT_LEAST = 5;

export class HttpError extends Error {
	constructor(status) {
		super(`HTTP ${status}`);
		this.status = status;
	}
}

function remembered() {
	try {
		return sessionStorage.getItem(TOKEN_KEY) || "";
	} catch {
		return "";
	}
}

function remember(token) {
	try {
		sessionStorage.setItem(TOKEN_KEY, token);
	} catch {
		// Without storage it lives as long as the page.
	}
}

// A header cannot carry more than visible ASCII.
export function usableToken(token) {
	return /^[\x21-\x7e]+$/.test(token);
}

function hashToken() {
	const match = /^#token=(.*)$/.exec(location.hash);
	if (!match)
		return "";
	history.replaceState(null, "", location.pathname + location.search);
	try {
		return decodeURIComponent(match[1]);
	} catch {
		return match[1];
	}
}

// Calls take(event, data) for each event of a text/event-stream. An event may be megabytes in
// small pieces: each piece is looked through once.
export async function readEvents(body, take, alive = () => {}) {
	const reader = body.pipeThrough(new TextDecoderStream()).getReader();
	const block = new Block(take);
	let line = "";
	for (;;) {
		const { done, value } = await reader.read();
		if (done)
			return;
		alive();
		const [first, ...others] = value.split("\n");
		line += first;
		for (const next of others) {
			block.line(line.endsWith("\r") ? line.slice(0, -1) : line);
			line = next;
		}
	}
}

// The lines up to an empty one, which are one event.
class Block {
	constructor(take) {
		this.take = take;
		this.clear();
	}

	clear() {
		this.event = "message";
		this.data = [];
	}

	line(line) {
		if (!line) {
			if (this.data.length)
				this.take(this.event, this.data.join("\n"));
			this.clear();
			return;
		}
		// No pattern: a dot does not match what JSON leaves bare, as U+2028.
		const colon = line.indexOf(":");
		const value = line.slice(colon + (line[colon + 1] === " " ? 2 : 1));
		if (line.startsWith("event:"))
			this.event = value;
		else if (line.startsWith("data:"))
			this.data.push(value);
	}
}

// Seconds from one board to the next; 0: not known yet.
function cadence(board) {
	return Number(board.interval) || Number(board.seconds) || 0;
}

// How old a board was when the server, whose clock counts here, sent it.
function ageIn(response, board) {
	return Math.max(0, Date.parse(response.headers.get("Date")) / 1000 - board.time) || 0;
}

// How long ago there was a new board. One with the time of the last is no news: each new stream
// begins with the present board, however old it is. An earlier time is: a clock was set back.
class Pulse {
	take(board, age) {
		const born = performance.now() / 1000 - age;
		const fresh = board.time !== this.time;
		this.born = fresh ? born : Math.min(this.born, born);
		this.time = board.time;
		this.cadence = Math.max(cadence(board), Number(board.seconds) || 0);
		return fresh;
	}

	get age() {
		return performance.now() / 1000 - this.born;
	}

	// As long as it is not known when the next is due, none is late.
	get stale() {
		return this.cadence > 0 && this.age > Math.max(STALE_AT_LEAST, STALE_INTERVALS * this.cadence);
	}
}

export class Api {
	// started(board, history), board(board), state(name, detail, seconds): "live", "stale" for so
	// many seconds, "reconnecting", "token"; askToken(refused) gives a promise of a token.
	constructor(handlers) {
		this.handlers = handlers;
		this.pulse = new Pulse();
		this.wake = () => {};
		this.tokenCame = () => {};
		this.token = remembered();
		this.takeHash();
		addEventListener("hashchange", () => {
			if (this.takeHash())
				this.restart();
		});
		addEventListener("online", () => this.wake());
		document.addEventListener("visibilitychange", () => this.turn());
	}

	takeHash() {
		const token = hashToken();
		if (token)
			this.setToken(token);
		return Boolean(token);
	}

	setToken(token) {
		this.token = token;
		remember(token);
	}

	restart() {
		this.stop?.abort();
		this.wake();
		this.tokenCame(this.token);
	}

	async get(path) {
		const headers = usableToken(this.token) ? { Authorization: `Bearer ${this.token}` } : {};
		const response = await fetch(path, { headers, cache: "no-store", signal: this.stop.signal });
		if (!response.ok)
			throw new HttpError(response.status);
		return response;
	}

	async json(path) {
		return (await this.get(path)).json();
	}

	async board() {
		const response = await this.get("/api/v1/board");
		const board = await response.json();
		this.pulse.take(board, ageIn(response, board));
		return board;
	}

	showPulse() {
		if (this.pulse.stale)
			this.handlers.state("stale", "the server has no new counters", this.pulse.age);
		else
			this.handlers.state("live");
	}

	// A browser has six connections to a server, for all of its pages: one that nobody sees leaves
	// them to the others. History fills the hole.
	turn() {
		if (!document.hidden) {
			this.wake();
			return;
		}
		this.left = true;
		this.stop?.abort();
	}

	async untilSeen() {
		while (document.hidden) {
			this.handlers.state("connecting", "the page is hidden");
			await new Promise((resolve) => {
				this.wake = resolve;
			});
		}
	}

	async run() {
		for (;;) {
			await this.untilSeen();
			let why = "the stream ended";
			try {
				await this.session();
			} catch (error) {
				why = this.silent ? "the server is silent" : error.message;
				if (error.status === 401) {
					await this.replaceToken();
					continue;
				}
			} finally {
				clearTimeout(this.watchdog);
				clearInterval(this.ticking);
			}
			if (!this.left)
				await this.pauseFor(why);
		}
	}

	async session() {
		this.stop = new AbortController();
		this.silent = this.left = false;
		this.watch(SILENT_AT_LEAST);
		// In this order: a board that is older than the history would look as if time went back.
		const history = await this.json("/api/v1/history");
		const board = await this.board();
		this.handlers.started(board, history);
		const stream = await this.get("/api/v1/stream");
		let patience = SILENT_AT_LEAST;
		this.ticking = setInterval(() => this.showPulse(), 1000);
		await readEvents(stream.body, (event, data) => {
			if (event !== "board")
				return;
			const next = JSON.parse(data);
			this.delay = FIRST_DELAY;
			patience = Math.max(SILENT_AT_LEAST, SILENT_INTERVALS * cadence(next));
			if (this.pulse.take(next, 0))
				this.handlers.board(next);
			this.showPulse();
		}, () => this.watch(patience));
	}

	watch(seconds) {
		clearTimeout(this.watchdog);
		this.watchdog = setTimeout(() => {
			this.silent = true;
			this.stop.abort();
		}, seconds * 1000);
	}

	// Spread out, so that many pages do not come back in the same moment.
	async pauseFor(why) {
		const seconds = (this.delay || FIRST_DELAY) * (0.75 + Math.random() / 2);
		this.delay = Math.min(LONGEST_DELAY, 2 * (this.delay || FIRST_DELAY));
		this.stop.abort();
		this.handlers.state("reconnecting", why);
		await new Promise((resolve) => {
			this.wake = resolve;
			setTimeout(resolve, seconds * 1000);
		});
	}

	async replaceToken() {
		this.stop.abort();
		this.handlers.state("token", "a token is needed");
		const typed = this.handlers.askToken(Boolean(this.token));
		const inAddress = new Promise((resolve) => {
			this.tokenCame = resolve;
		});
		this.setToken(await Promise.race([typed, inAddress]));
	}
}
