// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Owns the clsact qdisc under the filters: made when absent, removed when weir
 * made it and nothing uses it.
 *
 * The kernel keeps no word about who made a qdisc, so an empty directory
 * BPFFS/weir/clsact/<netns cookie>-<ifindex> says so. It is made before the
 * qdisc and removed after it: killed in between, the mark stands without a
 * qdisc, which the next attach or detach sets right. Deleting the qdisc
 * deletes every filter on it, of anybody, hence the look at both hooks first.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loader/attach.h"
#include "loader/log.h"
#include "maps/bpffs.h"

#define MARK_DIR   "weir/clsact"
#define PATH_BYTES 4096

static int take_qdisc(const struct weir_tc_qdisc *qdisc, void *ctx)
{
	*(struct weir_tc_qdisc *)ctx = *qdisc;
	return 0;
}

int weir_clsact_find(struct weir_net *net, int ifindex, struct weir_tc_qdisc *out)
{
	struct weir_tc_qdisc qdisc = {.ifindex = ifindex};
	int err = weir_nl_qdiscs(net, ifindex, take_qdisc, &qdisc);

	if (!err)
		*out = qdisc;
	return err;
}

/* -ENOENT: there is no bpffs, and so no mark. */
static int mark_path(struct weir_net *net, int ifindex, char *mnt, char *path)
{
	int err = weir_bpffs_find(NULL, mnt, PATH_BYTES);

	if (err)
		return err;
	if (snprintf(path, PATH_BYTES, "%s/" MARK_DIR "/%" PRIx64 "-%d", mnt, weir_net_cookie(net),
		     ifindex) >= PATH_BYTES)
		return -ENAMETOOLONG;
	return 0;
}

static int stop_at_filter(const struct weir_tc_filter *filter, void *ctx)
{
	(void)filter;
	(void)ctx;
	return 1;
}

/* 1: filters or shared blocks use it. */
static int qdisc_used(struct weir_net *net, const struct weir_tc_qdisc *qdisc)
{
	int ret;

	if (qdisc->ingress_block || qdisc->egress_block)
		return 1;
	ret = weir_nl_filters(net, qdisc->ifindex, WEIR_TC_PARENT_INGRESS, stop_at_filter, NULL);
	if (ret)
		return ret;
	return weir_nl_filters(net, qdisc->ifindex, WEIR_TC_PARENT_EGRESS, stop_at_filter, NULL);
}

static int qdisc_talk(struct weir_net *net, bool add, int ifindex, char *ext, size_t ext_len)
{
	const struct weir_tc_qdisc qdisc = {.ifindex = ifindex, .kind = "clsact"};
	uint8_t buf[128] __attribute__((aligned(4)));

	return weir_nl_talk(
		net,
		weir_nl_qdisc_request(buf, sizeof(buf), add ? WEIR_TC_ADD : WEIR_TC_DEL, &qdisc),
		ext, ext_len);
}

/* 1: it stays, in use. 0: it is gone, or is not clsact (any more). */
static int remove_unused(struct weir_net *net, int ifindex)
{
	struct weir_tc_qdisc qdisc;
	int ret = weir_clsact_find(net, ifindex, &qdisc);

	if (ret || strcmp(qdisc.kind, "clsact") != 0)
		return ret;
	ret = qdisc_used(net, &qdisc);
	if (ret)
		return ret;
	ret = qdisc_talk(net, false, ifindex, NULL, 0);
	if (ret == -EBUSY) /* a filter is being added */
		return 1;
	/* Somebody else was faster, or the device went. */
	return ret == -ENOENT || ret == -EINVAL || ret == -ENODEV ? 0 : ret;
}

/*
 * Mark and qdisc change together: weirs at work at the same time take turns by
 * a lock on the directory of the marks. Who holds it makes two requests, so
 * after two seconds it must be stopped, and going on is better than hanging.
 */
static int lock_marks(const char *mark)
{
	char dir[PATH_BYTES];
	int fd;

	if (!mark)
		return -1;
	snprintf(dir, sizeof(dir), "%.*s", (int)(strrchr(mark, '/') - mark), mark);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; fd >= 0 && i < 200 && flock(fd, LOCK_EX | LOCK_NB); i++)
		usleep(10000);
	return fd;
}

static void unlock_marks(int fd)
{
	if (fd >= 0)
		close(fd);
}

int weir_clsact_release(struct weir_net *net, int ifindex)
{
	char mnt[PATH_BYTES], path[PATH_BYTES];
	struct stat st;
	int lock, ret;

	if (mark_path(net, ifindex, mnt, path) || stat(path, &st))
		return 0;
	lock = lock_marks(path);
	ret = remove_unused(net, ifindex);
	if (!ret)
		rmdir(path);
	unlock_marks(lock);
	return ret < 0 ? ret : 0;
}

/* ---- making it ----------------------------------------------------------- */

struct made {
	struct weir_net *net;
	int ifindex;
	char *mark; /* NULL: no bpffs */
};

static void unmake(void *data)
{
	struct made *made = data;
	int lock = lock_marks(made->mark);

	if (!remove_unused(made->net, made->ifindex) && made->mark)
		rmdir(made->mark);
	unlock_marks(lock);
}

static void drop(void *data)
{
	struct made *made = data;

	free(made->mark);
	free(made);
}

/* Without a mark the qdisc merely stays after the last detach. */
static int plan_mark(struct made *made, struct weir_undo *undo)
{
	char mnt[PATH_BYTES], path[PATH_BYTES];

	if (mark_path(made->net, made->ifindex, mnt, path) ||
	    weir_bpffs_mkdirs(mnt, MARK_DIR, undo))
		return 0;
	made->mark = strdup(path);
	return made->mark ? 0 : -ENOMEM;
}

/* With the marks locked. 1: somebody else has made the qdisc meanwhile; a mark
 * that was there before is then theirs. */
static int make_both(const struct made *made, char *ext, size_t ext_len)
{
	bool marked = made->mark && !mkdir(made->mark, 0700);
	int err = qdisc_talk(made->net, true, made->ifindex, ext, ext_len);

	if (err && marked)
		rmdir(made->mark);
	return err == -EEXIST ? 1 : err;
}

int weir_clsact_ensure(struct weir_net *net, const char *dev, int ifindex, struct weir_undo *undo)
{
	struct weir_tc_qdisc qdisc;
	struct made *made;
	char ext[256] = "";
	int lock, err = weir_clsact_find(net, ifindex, &qdisc);

	if (err)
		return weir_attach_fail(err, dev, "qdiscs", NULL);
	if (*qdisc.kind)
		return 0;
	made = calloc(1, sizeof(*made));
	if (!made)
		return weir_attach_fail(-ENOMEM, dev, "clsact qdisc", NULL);
	made->net = net;
	made->ifindex = ifindex;
	err = plan_mark(made, undo);
	if (!err)
		err = weir_undo_reserve(undo);
	if (!err) {
		lock = lock_marks(made->mark);
		err = make_both(made, ext, sizeof(ext));
		unlock_marks(lock);
	}
	if (err < 0)
		weir_attach_fail(err, dev, "clsact qdisc", ext);
	if (err) {
		drop(made);
		return err < 0 ? err : 0;
	}
	weir_log(WEIR_LOG_INFO, "%s: clsact qdisc made", dev);
	weir_undo_push(undo, unmake, drop, made);
	return 0;
}
