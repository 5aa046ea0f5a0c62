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

export class Api {
	// started(board, history), board(board), state(name, detail);
	// askToken(refused) gives a promise of a token.
	constructor(handlers) {
		this.handlers = handlers;
		this.wake = () => {};
		this.tokenCame = () => {};
		this.token = remembered();
		this.takeHash();
		addEventListener("hashchange", () => {
			if (this.takeHash())
				this.restart();
		});
		addEventListener("online", () => this.wake());
		document.addEventListener("visibilitychange", () => document.hidden || this.wake());
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

	async run() {
		for (;;) {
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
			}
			await this.pauseFor(why);
		}
	}

	async session() {
		this.stop = new AbortController();
		this.silent = false;
		this.watch(SILENT_AT_LEAST);
		const board = await this.json("/api/v1/board");
		const history = await this.json("/api/v1/history");
		this.handlers.started(board, history);
		const stream = await this.get("/api/v1/stream");
		let patience = SILENT_AT_LEAST;
		await readEvents(stream.body, (event, data) => {
			if (event !== "board")
				return;
			const next = JSON.parse(data);
			this.delay = FIRST_DELAY;
			patience = Math.max(SILENT_AT_LEAST, SILENT_INTERVALS * cadence(next));
			this.handlers.state("live");
			this.handlers.board(next);
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
