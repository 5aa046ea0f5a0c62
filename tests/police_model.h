/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the police should do with a frame, written apart from it: from the words of
 * maps/police.h, with time in numbers that never wrap, and two CPUs that take turns.
 */
#ifndef WEIR_TESTS_POLICE_MODEL_H
#define WEIR_TESTS_POLICE_MODEL_H

#include <stdlib.h>

#include "maps/police.h"
#include "tests/filter_model.h"

__extension__ typedef __int128 model_time;

#define MODEL_HORIZON ((model_time)2000000000 * 64)

struct model_bucket {
	bool used;
	model_time full_at;
};

/* What a bucket is for: a rule's number, and of the packet what its policy asks for. */
struct model_key {
	uint32_t rule;
	uint8_t v6;
	uint8_t src[16], dst[16];
	uint8_t proto;
	uint16_t sport, dport;
};

struct model_keyed {
	struct model_key key;
	struct model_bucket bucket;
	int cpu, row; /* who took last, and how often it must again to be the only one */
};

#define MODEL_CPUS 2

/* A place for the lease of a key. */
struct model_place {
	bool used;
	uint64_t tag;
	model_time left, taken_at;
};

/* Of each rule. */
struct model_limit {
	struct weir_policy policy;
	struct model_bucket bucket;
	model_time leases[MODEL_CPUS];
};

struct model_police {
	model_time tick;
	bool is_empty; /* of rules: then no header is read */
	uint64_t seed; /* of tags */
	uint32_t ifindex;
	struct model_keyed *keyed;
	size_t n_keyed, room_keyed;
	struct model_place places[MODEL_CPUS][WEIR_KEY_LEASES];
	unsigned long leased; /* packets that were paid for so */
};

struct model_packet {
	const uint8_t *bytes;
	size_t len;
	uint64_t packets, wire_bytes;
	uint64_t now_ns;
	int cpu;
};

struct model_outcome {
	enum weir_police_reason reason;
	bool conforms; /* of the rule's counters; where a rule is about it */
	bool marks_ds;
	bool sets_mark;
	uint64_t leave_ns; /* 0: at once */
};

static inline model_time model_cost(const struct weir_policy *policy, uint64_t amount)
{
	return ((model_time)amount * policy->mult) >> policy->shift;
}

static inline bool model_is_full(const struct model_bucket *b, model_time since)
{
	return !b->used || b->full_at < since || b->full_at - since > (model_time)1 << 60;
}

/* @more: what is taken beside, where there is room for it. */
static inline bool model_take(struct model_bucket *b, const struct weir_policy *policy,
			      model_time now, model_time tick, model_time cost, model_time *more)
{
	model_time burst = policy->burst, need = cost < burst ? cost : burst;

	if (model_is_full(b, now - tick)) {
		b->used = true;
		b->full_at = now - tick + cost + *more;
		return true;
	}
	if (b->full_at + need > now + burst)
		return false;
	if (b->full_at + cost + *more > now + burst)
		*more = 0;
	b->full_at += cost + *more;
	return true;
}

static inline bool model_take_of_rule(struct model_limit *limit, int cpu, model_time now,
				      model_time tick, model_time cost)
{
	model_time quantum = limit->policy.quantum;

	if (limit->leases[cpu] >= cost) {
		limit->leases[cpu] -= cost;
		return true;
	}
	if (!model_take(&limit->bucket, &limit->policy, now, tick, cost, &quantum))
		return false;
	limit->leases[cpu] += quantum;
	return true;
}

/* ---- keys ---------------------------------------------------------------- */

static inline void model_cut(uint8_t *to, const uint8_t *addr, unsigned int len)
{
	for (unsigned int i = 0; i < len; i++)
		if (addr[i / 8] & 0x80 >> i % 8)
			to[i / 8] |= (uint8_t)(0x80 >> i % 8);
}

/* Where the IP header is. */
static inline size_t model_ip_at(const uint8_t *bytes)
{
	unsigned int ethertype = pkt_get16(bytes + 12);
	size_t at = 14;

	for (int tags = 0; tags < 4 && pkt_model_is_tag(ethertype); tags++, at += 4)
		ethertype = pkt_get16(bytes + at + 2);
	return at;
}

/* Is there an IP header, whole, with extension headers that are? Whatever follows it. */
static inline bool model_has_ip(const struct model_packet *packet)
{
	enum weir_class class = pkt_model(packet->bytes, packet->len);
	unsigned int ethertype, proto;
	const uint8_t *ip, *at;
	size_t off = 14, room, left;

	if (class != WEIR_CLASS_MALFORMED)
		return class != WEIR_CLASS_ARP && class != WEIR_CLASS_OTHER_ETHERTYPE;
	if (packet->len < 14)
		return false;
	ethertype = pkt_get16(packet->bytes + 12);
	for (int tags = 0; tags < 4 && pkt_model_is_tag(ethertype); tags++, off += 4) {
		if (off + 4 > packet->len)
			return false;
		ethertype = pkt_get16(packet->bytes + off + 2);
	}
	ip = packet->bytes + off;
	room = packet->len - off;
	if (ethertype == 0x0800)
		return room >= 20 && ip[0] >> 4 == 4 && (ip[0] & 15) >= 5 &&
		       pkt_get16(ip + 2) >= (ip[0] & 15U) * 4 && pkt_get16(ip + 2) <= room;
	if (ethertype != 0x86dd || room < 40 || ip[0] >> 4 != 6)
		return false;
	proto = ip[6];
	left = pkt_get16(ip + 4);
	left = !left && !proto ? room - 40 : left;
	at = ip + 40;
	return left <= room - 40 && model_walk(&at, &left, &proto);
}

/* The ports and the protocol of a flow; fragments have none, whichever they are. */
static inline void model_flow(const uint8_t *ip, size_t room, enum weir_class class,
			      struct model_key *out)
{
	bool v6 = ip[0] >> 4 == 6;
	unsigned int proto = v6 ? ip[6] : ip[9];
	const uint8_t *at = ip + (v6 ? 40 : (size_t)(ip[0] & 15) * 4);
	size_t left = v6 ? pkt_get16(ip + 4) : pkt_get16(ip + 2) - (size_t)(at - ip);

	if (v6 && !left && !proto)
		left = room - 40;
	if (v6)
		(void)model_walk(&at, &left, &proto);
	out->proto = (uint8_t)proto;
	if (class == WEIR_CLASS_IPV4_FRAGMENT || class == WEIR_CLASS_IPV6_FRAGMENT ||
	    !model_has_ports(proto) || left < 4)
		return;
	out->sport = (uint16_t)pkt_get16(at);
	out->dport = (uint16_t)pkt_get16(at + 2);
}

/* False: the packet has none, or the policy asks for none. */
static inline bool model_key(const struct model_packet *packet, const struct weir_policy *policy,
			     uint32_t rule, struct model_key *out)
{
	enum weir_class class = pkt_model(packet->bytes, packet->len);
	const uint8_t *ip = packet->bytes + model_ip_at(packet->bytes), *src, *dst;
	bool v6 = ip[0] >> 4 == 6;

	memset(out, 0, sizeof(*out));
	out->rule = rule;
	if (policy->per == WEIR_PER_DEV)
		return true;
	if (policy->per == WEIR_PER_RULE || !model_has_ip(packet))
		return false;
	out->v6 = v6;
	src = ip + (v6 ? 8 : 12);
	dst = src + (v6 ? 16 : 4);
	if (policy->per != WEIR_PER_FLOW) {
		model_cut(out->src, policy->per == WEIR_PER_SRC ? src : dst,
			  v6 ? policy->len6 : policy->len4);
		return true;
	}
	memcpy(out->src, src, v6 ? 16 : 4);
	memcpy(out->dst, dst, v6 ? 16 : 4);
	model_flow(ip, packet->len - (size_t)(ip - packet->bytes), class, out);
	return true;
}

static inline uint64_t model_mix(uint64_t tag, uint64_t word)
{
	tag ^= word;
	tag = (tag ^ tag >> 33) * 0xff51afd7ed558ccd;
	tag = (tag ^ tag >> 33) * 0xc4ceb9fe1a85ec53;
	return tag ^ tag >> 33;
}

static inline uint64_t model_word(const uint8_t *bytes, int len)
{
	uint64_t word = 0;

	for (int i = 0; i < len; i++)
		word = word << 8 | bytes[i];
	return word;
}

/* Its words: maps/police.h. */
static inline uint64_t model_tag(const struct model_police *police,
				 const struct weir_policy *policy, const struct model_key *key)
{
	const uint8_t *addr = key->src; /* the one that is asked for, if it is one */
	uint64_t owner = (uint64_t)policy->owner << 32, tag;

	if (policy->per == WEIR_PER_DEV)
		return model_mix(police->seed, owner | police->ifindex);
	if (policy->per != WEIR_PER_FLOW && !key->v6)
		return model_mix(police->seed, owner | model_word(addr, 4));
	if (policy->per != WEIR_PER_FLOW) {
		tag = model_mix(police->seed, owner | 2);
		return model_mix(model_mix(tag, model_word(addr, 8)), model_word(addr + 8, 8));
	}
	tag = model_mix(police->seed, owner | (uint64_t)key->proto << 8 | (key->v6 ? 2 : 0));
	tag = model_mix(tag, (uint64_t)key->sport << 16 | key->dport);
	if (!key->v6)
		return model_mix(tag, model_word(key->src, 4) << 32 | model_word(key->dst, 4));
	tag = model_mix(model_mix(tag, model_word(key->src, 8)), model_word(key->src + 8, 8));
	return model_mix(model_mix(tag, model_word(key->dst, 8)), model_word(key->dst + 8, 8));
}

static inline struct model_keyed *model_keyed_of(struct model_police *police,
						 const struct model_key *key, int cpu)
{
	for (size_t i = 0; i < police->n_keyed; i++)
		if (!memcmp(&police->keyed[i].key, key, sizeof(*key)))
			return &police->keyed[i];
	if (police->n_keyed == police->room_keyed) {
		police->room_keyed = police->room_keyed ? police->room_keyed * 2 : 1024;
		police->keyed =
			reallocarray(police->keyed, police->room_keyed, sizeof(*police->keyed));
	}
	police->keyed[police->n_keyed] = (struct model_keyed){.key = *key, .cpu = cpu};
	return &police->keyed[police->n_keyed++];
}

/* NULL: the place is another key's. */
static inline struct model_place *model_place_of(struct model_police *police, int cpu, uint64_t tag,
						 model_time now)
{
	uint64_t of_key = tag >> WEIR_TAG_BITS;
	struct model_place *place = &police->places[cpu][of_key % WEIR_KEY_LEASES];

	if (place->used && place->tag == of_key)
		return place;
	if (place->used && now - place->taken_at <= (model_time)WEIR_KEY_LEASE_NS * 64)
		return NULL;
	*place = (struct model_place){.used = true, .tag = of_key, .taken_at = place->taken_at};
	return place;
}

static inline bool model_take_of_key(struct model_police *police, struct model_keyed *keyed,
				     const struct weir_policy *policy, int cpu, model_time now,
				     model_time cost)
{
	bool alone = keyed->cpu == cpu && !keyed->row;
	struct model_place *place = NULL;
	model_time quantum = 0;

	if (policy->quantum && !alone)
		place = model_place_of(police, cpu, model_tag(police, policy, &keyed->key), now);
	if (place && place->left >= cost) {
		place->left -= cost;
		police->leased++;
		return true;
	}
	quantum = place ? policy->quantum : 0;
	if (!model_take(&keyed->bucket, policy, now, police->tick, cost, &quantum))
		return false;
	if (place) {
		place->left += quantum;
		place->taken_at = now;
	}
	if (policy->quantum && !alone)
		keyed->row = keyed->cpu == cpu && keyed->row ? keyed->row - 1 : WEIR_TAG_ROW_MAX;
	if (policy->quantum)
		keyed->cpu = cpu;
	return true;
}

/* ---- verdicts ------------------------------------------------------------ */

static inline struct model_outcome model_pace(struct model_bucket *b,
					      const struct weir_policy *policy,
					      const struct model_packet *packet, model_time cost)
{
	model_time now = (model_time)packet->now_ns * 64, wait;

	if (model_is_full(b, now)) {
		b->used = true;
		b->full_at = now + cost;
		return (struct model_outcome){.reason = WEIR_POLICE_PASS_CONFORM, .conforms = true};
	}
	wait = b->full_at - now - (model_time)policy->burst;
	if (wait > MODEL_HORIZON)
		return (struct model_outcome){.reason = WEIR_POLICE_DROP_HORIZON};
	b->full_at += cost;
	if (wait <= 0)
		return (struct model_outcome){.reason = WEIR_POLICE_PASS_CONFORM, .conforms = true};
	return (struct model_outcome){.reason = WEIR_POLICE_PACED,
				      .leave_ns = packet->now_ns + (uint64_t)(wait / 64)};
}

static inline struct model_outcome model_exceed(const struct model_packet *packet,
						const struct weir_policy *policy)
{
	bool has_ds = model_has_ip(packet);

	if (policy->exceed == WEIR_EXCEED_DSCP && has_ds)
		return (struct model_outcome){.reason = WEIR_POLICE_MARK_EXCEED, .marks_ds = true};
	if (policy->exceed == WEIR_EXCEED_DSCP)
		return (struct model_outcome){.reason = WEIR_POLICE_PASS_UNMARKED};
	if (policy->exceed == WEIR_EXCEED_MARK)
		return (struct model_outcome){.reason = WEIR_POLICE_MARK_EXCEED, .sets_mark = true};
	return (struct model_outcome){.reason = WEIR_POLICE_DROP_EXCEED};
}

/* @limit: of the rule that is about the packet; NULL: there is none. */
static inline struct model_outcome model_police(struct model_police *police,
						struct model_limit *limit, uint32_t rule,
						const struct model_frame *f,
						const struct model_packet *packet)
{
	model_time now = (model_time)packet->now_ns * 64, cost;
	const struct weir_policy *policy;
	struct model_keyed *keyed;
	struct model_key key;
	bool conforms;

	if (police->is_empty)
		return (struct model_outcome){.reason = WEIR_POLICE_PASS_NO_RULE};
	if (!limit)
		return (struct model_outcome){
			.reason = f->kind == MODEL_MALFORMED	? WEIR_POLICE_PASS_MALFORMED
				  : f->kind == MODEL_EXTENSIONS ? WEIR_POLICE_PASS_EXTENSIONS
								: WEIR_POLICE_PASS_NO_RULE};
	policy = &limit->policy;
	cost = model_cost(policy,
			  policy->unit == WEIR_POLICE_BYTES ? packet->wire_bytes : packet->packets);
	if (!policy->rate)
		return policy->exceed == WEIR_EXCEED_PACE
			       ? (struct model_outcome){.reason = WEIR_POLICE_DROP_HORIZON}
			       : model_exceed(packet, policy);
	keyed = model_key(packet, policy, rule, &key) ? model_keyed_of(police, &key, packet->cpu)
						      : NULL;
	if (policy->exceed == WEIR_EXCEED_PACE)
		return model_pace(keyed ? &keyed->bucket : &limit->bucket, policy, packet, cost);
	conforms = keyed ? model_take_of_key(police, keyed, policy, packet->cpu, now, cost)
			 : model_take_of_rule(limit, packet->cpu, now, police->tick, cost);
	if (!conforms)
		return model_exceed(packet, policy);
	return (struct model_outcome){.reason = WEIR_POLICE_PASS_CONFORM, .conforms = true};
}

/* ---- the DS field -------------------------------------------------------- */

/* RFC 1624, equation 3. */
static inline void model_fix_sum(uint8_t *sum_at, unsigned int old, unsigned int new)
{
	unsigned int sum = (~pkt_get16(sum_at) & 0xffff) + (~old & 0xffff) + new;

	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	pkt_put16(sum_at, ~sum & 0xffff);
}

static inline void model_set_ds(uint8_t *bytes, unsigned int dscp)
{
	size_t at = model_ip_at(bytes);
	unsigned int old, new;

	old = pkt_get16(bytes + at);
	if (old >> 12 == 6) {
		pkt_put16(bytes + at, (old & 0xf03f) | dscp << 6);
		return;
	}
	new = (old & 0xff03) | dscp << 2;
	pkt_put16(bytes + at, new);
	model_fix_sum(bytes + at + 10, old, new);
}

#endif
