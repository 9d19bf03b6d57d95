/* spool.c - provider "spool": one JSON file per message, for whatever picks them up.
 *
 * A file appears whole or not at all: written beside under a dotted name, synced, renamed, and the
 * directory synced. Readable by the owner only: texts hold keys to cases.
 */
#include "notify/provider.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int dir_fd = -1;

static bool spool_open(const struct provider_settings *s, const char **ret_why)
{
	if (mkdir(s->spool_dir, 0700) != 0 && errno != EEXIST) {
		*ret_why = "spool_dir can't be made";
		return false;
	}
	dir_fd = open(s->spool_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd >= 0 && faccessat(dir_fd, ".", W_OK, 0) == 0)
		return true;
	*ret_why = "spool_dir can't be written";
	return false;
}

static bool write_synced(const char *name, const char *data, size_t n)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	size_t done = 0;
	while (done < n) {
		ssize_t k = write(fd, data + done, n - done);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			break;
		done += (size_t)k;
	}
	bool ok = done == n && fsync(fd) == 0;
	int why = errno;
	if (close(fd) != 0)
		ok = false;
	errno = why;
	return ok;
}

static enum outcome spool_send(const struct outgoing *m, char error[static ERROR_MAX])
{
	char temp[UUID_TEXT + 16], name[UUID_TEXT + 16];
	size_t len = 0;
	char *text = outgoing_json(m, &len);
	(void)snprintf(temp, sizeof(temp), ".%s.tmp", m->id);
	(void)snprintf(name, sizeof(name), "%s.json", m->id);
	bool ok = text && write_synced(temp, text, len) &&
		  renameat(dir_fd, temp, dir_fd, name) == 0 && fsync(dir_fd) == 0;
	if (!ok) {
		(void)snprintf(error, ERROR_MAX, "spool: %s", strerror(errno));
		(void)unlinkat(dir_fd, temp, 0);
	}
	free(text);
	return ok ? OUTCOME_SENT : OUTCOME_RETRY;
}

static void spool_close(void)
{
	if (dir_fd >= 0)
		(void)close(dir_fd);
	dir_fd = -1;
}

const struct provider provider_spool = { "spool", spool_open, spool_send, spool_close };
