/* fuzz_citysim_files.c - nodes, arcs, calls and posts of any making: read or refused with a text,
 * and what was read can be driven on. The parts are separated by bytes of 0xff.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "board/graph.h"
#include "board/posts.h"
#include "board/stage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PARTS = 4 };

static int file_of(const uint8_t *data, size_t n, char path[32])
{
	int fd = memfd_create("part", 0);

	if (fd < 0 || write(fd, data, n) != (ssize_t)n)
		abort();
	snprintf(path, 32, "/proc/self/fd/%d", fd);
	return fd;
}

static void use(struct city *c, char paths[PARTS][32])
{
	const struct scenario *s = scenario_find("S1");
	char error[CSV_ERROR_MAX] = "";
	struct given_calls calls;
	struct post_list posts;

	for (uint32_t i = 0; i < c->n_nodes && i < 20; i++)
		if (city_s(c, i, (uint32_t)c->n_nodes - 1 - i) < 0)
			abort();
	if (calls_read(c, s, paths[2], &calls, error))
		given_calls_free(&calls);
	else if (!*error)
		abort();
	if (posts_read(c, paths[3], &posts, error))
		post_list_free(&posts);
	else if (!*error)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct graph_options o = { "x", 48, 1 };
	char paths[PARTS][32], error[CSV_ERROR_MAX] = "";
	int fd[PARTS];
	struct city *c;

	if (size > 20000)
		return 0;
	for (int i = 0; i < PARTS; i++) {
		const uint8_t *end = size ? memchr(data, 0xff, size) : NULL;
		size_t n = end && i < PARTS - 1 ? (size_t)(end - data) : size;
		fd[i] = file_of(data, n, paths[i]);
		n += n < size;
		data += n;
		size -= n;
	}
	c = graph_read(paths[0], paths[1], &o, error);
	if (c)
		use(c, paths);
	else if (!*error)
		abort();
	city_free(c);
	for (int i = 0; i < PARTS; i++)
		close(fd[i]);
	return 0;
}
