// SPDX-License-Identifier: LGPL-2.1-or-later
// The points of the plots: rings that share one time axis, so that one slot
// is the same moment in each of them. NaN is "was not there".

export const POINTS = 600;

const KEEP_ABSENT = 30;
const KEEP_RINGS = 4096;
// Halves in 34 ticks, and is gone when the last point has left the ring.
const DECAY = 0.98;

class Ring {
	constructor() {
		this.data = new Float64Array(POINTS).fill(NaN);
		this.seen = 0;
		this.score = 0;
	}

	copy() {
		return Object.assign(new Ring(), this, { data: this.data.slice() });
	}
}

// The series of one interface, or one rate of all counters of one map.
class Group {
	constructor(store) {
		this.store = store;
		this.rings = new Map();
		this.total = new Ring();
		this.seen = store.ticks;
	}

	copy(store) {
		const rings = new Map([...this.rings].map(([name, ring]) => [name, ring.copy()]));
		return Object.assign(new Group(store), this, { store, rings, total: this.total.copy() });
	}

	// Counters that never moved need no ring: a map may have thousands.
	// partial: others of the group are not known for this moment, so that the
	// sum is not either, and a zero is worth a ring.
	put(name, value, partial = false) {
		const slot = this.store.slot;
		let ring = this.rings.get(name);

		if (typeof value !== "number")
			return;
		if (!ring && (partial || value > 0)) {
			ring = this.zeroRing();
			this.rings.set(name, ring);
		}
		if (!partial)
			this.add(value);
		if (!ring)
			return;
		ring.data[slot] = value;
		this.seen = ring.seen = this.store.ticks;
		ring.score += (1 - DECAY) * value;
	}

	// An empty map is there too: its sum is zero, not unknown.
	add(value) {
		const { data } = this.total;
		const { slot } = this.store;
		data[slot] = (Number.isNaN(data[slot]) ? 0 : data[slot]) + value;
		this.seen = this.store.ticks;
	}

	// What a counter without a ring was: zero whenever its group was there.
	zeroRing() {
		const ring = new Ring();
		for (let i = 0; i < POINTS; i++)
			ring.data[i] = Number.isNaN(this.total.data[i]) ? NaN : 0;
		return ring;
	}

	advance() {
		const { slot, ticks } = this.store;
		const crowded = this.rings.size > KEEP_RINGS;
		this.total.data[slot] = NaN;
		for (const [name, ring] of this.rings) {
			const absent = ticks - ring.seen;
			if (absent > KEEP_ABSENT || (crowded && absent > 1))
				this.rings.delete(name);
			ring.data[slot] = NaN;
			ring.score *= DECAY;
		}
	}

	column(name, factor = 1) {
		return this.store.column(this.rings.get(name) || this.zeroRing(), factor);
	}

	sums(factor = 1) {
		return this.store.column(this.total, factor);
	}
}

export class Store {
	constructor() {
		this.clear();
	}

	clear() {
		this.axis = new Float64Array(POINTS);
		this.ticks = 0;
		this.slot = 0;
		this.length = 0;
		this.groups = new Map();
	}

	copy() {
		const store = Object.assign(new Store(), this, { axis: this.axis.slice() });
		store.groups = new Map([...this.groups].map(([key, group]) => [key, group.copy(store)]));
		return store;
	}

	get last() {
		return this.length ? this.axis[this.slot] : -Infinity;
	}

	// Seconds from one moment to the next: the median, since a reading that is late has the next
	// one follow it sooner, and there may be holes. 0: there is one moment at most.
	get step() {
		const times = this.times();
		const steps = times.slice(1).map((time, i) => time - times[i]).sort((a, b) => a - b);
		return steps.length ? steps[steps.length >> 1] : 0;
	}

	group(key) {
		let group = this.groups.get(key);
		if (!group) {
			group = new Group(this);
			this.groups.set(key, group);
		}
		return group;
	}

	// A clock that was set back: the points on the other side of that could not be told from
	// those to come. One that is late by less is waited for.
	startAnew(time, interval) {
		if (this.last - time > interval)
			this.clear();
	}

	// Opens the slot for a new moment. False if it is not later than the last.
	tick(time, seconds) {
		if (!(time > this.last))
			return false;
		// Without an empty point uPlot would draw a line across the hole.
		if (this.length && time - this.last > 3 * seconds)
			this.advance(this.last + seconds);
		this.advance(time);
		return true;
	}

	advance(time) {
		this.ticks++;
		this.slot = this.ticks % POINTS;
		this.length = Math.min(POINTS, this.length + 1);
		this.axis[this.slot] = time;
		for (const [key, group] of this.groups) {
			if (this.ticks - group.seen > POINTS)
				this.groups.delete(key);
			else
				group.advance();
		}
	}

	times() {
		const out = new Array(this.length);
		for (let i = 0; i < this.length; i++)
			out[i] = this.axis[this.index(i)];
		return out;
	}

	column(ring, factor) {
		const out = new Array(this.length).fill(null);
		for (let i = 0; i < this.length; i++) {
			const v = ring.data[this.index(i)];
			out[i] = Number.isNaN(v) ? null : v * factor;
		}
		return out;
	}

	// The slot of the i-th oldest point.
	index(i) {
		return (this.slot - this.length + 1 + i + POINTS) % POINTS;
	}
}

export const DEV_RATES = ["rx_pps", "rx_Bps", "tx_pps", "tx_Bps"];

// A map that was made anew under its pin is the same map to who looks at it.
export function mapKey(map) {
	return map.pin ? `pin ${map.pin}` : `id ${map.id}`;
}

export function devGroup(store, name) {
	return store.group(`dev ${name}`);
}

export function mapGroup(store, key, field) {
	return store.group(`${field} ${key}`);
}

function putMap(store, map, counters, at) {
	const partial = counters.length < map.counters.length;

	for (const [field, there] of [["pps", map.packets], ["Bps", map.bytes]]) {
		if (!there)
			continue;
		const group = mapGroup(store, mapKey(map), field);
		if (!counters.length)
			group.add(0);
		for (const counter of counters)
			group.put(counter.name, at(counter[field]), partial);
	}
}

export function appendBoard(store, board) {
	// The first reading of all has no rates.
	if (!board.seconds)
		return;
	store.startAnew(board.time, board.interval || board.seconds);
	if (!store.tick(board.time, board.seconds))
		return;
	for (const dev of board.devs) {
		for (const field of DEV_RATES)
			devGroup(store, dev.name).put(field, dev[field]);
	}
	for (const map of board.maps)
		putMap(store, map, map.counters, (value) => value);
}

// The history names interfaces and maps by number, the board knows the rest.
// The server leaves out the slowest counters when there are too many.
// Only what is later than the store's last point is taken, so that after a
// reconnect it fills the hole, and what is behind the last step back of the
// clock.
export function appendHistory(store, history, board) {
	const devs = new Map(board.devs.map((dev) => [dev.ifindex, dev.name]));
	const maps = new Map(board.maps.map((map) => [map.id, map]));

	const times = history.times || [];
	const interval = board.interval || board.seconds;
	const from = times.findLastIndex((time, i) => times[i - 1] - time > interval);

	store.startAnew(times.at(-1), interval);
	times.forEach((time, i) => {
		if (i < from || !store.tick(time, interval))
			return;
		for (const dev of history.devs || []) {
			for (const field of devs.has(dev.ifindex) ? DEV_RATES : [])
				devGroup(store, devs.get(dev.ifindex)).put(field, dev[field]?.[i]);
		}
		for (const map of history.maps || []) {
			if (maps.has(map.id))
				putMap(store, maps.get(map.id), map.counters || [], (values) => values?.[i]);
		}
	});
}
