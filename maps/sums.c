// SPDX-License-Identifier: LGPL-2.1-or-later
/* Adds up per-CPU counters in the kernel; see sums.h. The program is sums.bpf.c. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "loader/embed.h"
#include "loader/libbpf_log.h"
#include "maps/sums.h"

/* Values of all CPUs: below, loading (a millisecond or two) takes longer to be earned back than
 * most readers read; above, one run would hold its CPU for too long. */
#define VALUES_MIN 512u
#define VALUES_MAX 262144u

WEIR_EMBED(sums_object, "sums", WEIR_SUMS_OBJECT);

struct weir_sums {
	struct bpf_object *object;
	int prog_fd;
	struct weir_sum *sums;
	size_t sums_bytes;
};

bool weir_sums_pay(const struct weir_map *map, unsigned int cpus, uint32_t n)
{
	uint64_t values = (uint64_t)n * cpus;

	return map->type == BPF_MAP_TYPE_PERCPU_ARRAY && values >= VALUES_MIN &&
	       values <= VALUES_MAX;
}

static int configure(const struct weir_sums *sums, const struct weir_counter_type *type,
		     unsigned int cpus, uint32_t n)
{
	const struct weir_sums_conf conf = {
		.entries = n,
		.cpus = cpus,
		.packets_offset_bytes = type->packets.offset_bytes,
		.packets_size_bytes = type->packets.size_bytes,
		.bytes_offset_bytes = type->bytes.offset_bytes,
		.bytes_size_bytes = type->bytes.size_bytes,
	};
	struct bpf_map *rodata = bpf_object__find_map_by_name(sums->object, ".rodata");

	return rodata ? bpf_map__set_initial_value(rodata, &conf, sizeof(conf)) : -ENOENT;
}

static int map_sums(struct weir_sums *sums, uint32_t n)
{
	long page = sysconf(_SC_PAGESIZE);
	int fd = bpf_object__find_map_fd_by_name(sums->object, "sums");
	void *at;

	sums->sums_bytes = n * sizeof(*sums->sums);
	sums->sums_bytes += (size_t)-sums->sums_bytes & ((size_t)page - 1);
	at = mmap(NULL, sums->sums_bytes, PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	sums->sums = at;
	return 0;
}

static int load(struct weir_sums *sums, int fd, const struct weir_counter_type *type,
		unsigned int cpus, uint32_t n)
{
	const struct bpf_object_open_opts opts = {.sz = sizeof(opts),
						  .object_name = sums_object.name};
	struct bpf_program *prog;
	int err;

	weir_libbpf_capture();
	sums->object = bpf_object__open_mem(sums_object.bytes,
					    weir_embedded_size_bytes(&sums_object), &opts);
	if (!sums->object)
		return -errno;
	err = bpf_map__reuse_fd(bpf_object__find_map_by_name(sums->object, "counters"), fd);
	err = err ? err
		  : bpf_map__set_max_entries(bpf_object__find_map_by_name(sums->object, "sums"), n);
	err = err ? err : configure(sums, type, cpus, n);
	err = err ? err : bpf_object__load(sums->object);
	if (err)
		return err;
	prog = bpf_object__find_program_by_name(sums->object, "weir_sums");
	sums->prog_fd = bpf_program__fd(prog);
	return map_sums(sums, n);
}

int weir_sums_new(int fd, const struct weir_counter_type *type, unsigned int cpus, uint32_t n,
		  struct weir_sums **out)
{
	struct weir_sums *sums = calloc(1, sizeof(*sums));
	int err = sums ? load(sums, fd, type, cpus, n) : -ENOMEM;

	weir_libbpf_clear();
	if (err)
		weir_sums_free(sums);
	else
		*out = sums;
	return err;
}

void weir_sums_free(struct weir_sums *sums)
{
	if (!sums)
		return;
	if (sums->sums)
		(void)munmap(sums->sums, sums->sums_bytes);
	bpf_object__close(sums->object);
	free(sums);
}

int weir_sums_read(struct weir_sums *sums, const struct weir_sum **out)
{
	struct bpf_test_run_opts run = {.sz = sizeof(run)};
	int err = bpf_prog_test_run_opts(sums->prog_fd, &run);

	*out = sums->sums;
	return err;
}
