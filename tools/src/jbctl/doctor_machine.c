/* doctor_machine.c - the machine itself: programs, volumes, clock, fonts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include "doctor.h"
#include "jbctl.h"

/* First line a command prints, "" when it can't be run. Commands are constants. */
static void first_line(const char *command, char *buf, size_t size)
{
	FILE *p = popen(command, "r");

	*buf = 0;
	if (!p)
		return;
	if (!fgets(buf, (int)size, p))
		*buf = 0;
	buf[strcspn(buf, "\n")] = 0;
	pclose(p);
}

static void check_programs(void)
{
	char line[200];

	first_line("nats-server --version 2>/dev/null", line, sizeof line);
	if (*line)
		fine("%s", line);
	else
		doubtful("apt-get install nats-server (unless it runs on another machine)",
			"nats-server is not installed here");
	first_line("ls -d /usr/lib/postgresql/*/bin/postgres 2>/dev/null", line, sizeof line);
	if (*line)
		fine("PostgreSQL: %s", line);
	else
		doubtful("apt-get install postgresql (unless it runs on another machine)",
			"PostgreSQL's server is not installed here");
}

static void check_fonts(void)
{
	char line[200];

	first_line("fc-list :lang=zh family 2>/dev/null", line, sizeof line);
	if (*line)
		fine("a font with Chinese characters: %s", line);
	else
		wrong("apt-get install fontconfig fonts-noto-cjk",
			"no font with Chinese characters: documents would show boxes");
}

static void check_disk(void)
{
	const char *dir = *ctl.stack_dir ? ctl.stack_dir : "/";
	unsigned long long free_mb, need_mb = (unsigned long long)ctl.stream_mb;
	struct statvfs v;

	if (statvfs(dir, &v) != 0) {
		wrong("set 'stack_dir' to the directory the data are in", "'%s' can't be looked at",
			dir);
		return;
	}
	free_mb = (unsigned long long)v.f_bavail * v.f_frsize / 1048576;
	if (free_mb < 256)
		wrong("make room: nats-server hangs and PostgreSQL stops when the volume is full",
			"only %llu MB are free under %s", free_mb, dir);
	else if (free_mb < need_mb)
		doubtful("make room, or lower the stream's size (stream_mb)",
			"%llu MB free under %s, and the event stream may grow to %llu MB", free_mb,
			dir, need_mb);
	else
		fine("%llu MB free under %s; the event stream takes %llu at most", free_mb, dir,
			need_mb);
}

static void check_clock(void)
{
	char line[100];

	first_line("timedatectl show -p NTPSynchronized --value 2>/dev/null", line, sizeof line);
	if (!strcmp(line, "yes"))
		fine("the clock is kept by NTP");
	else
		doubtful("run chrony or systemd-timesyncd: clocks decide promises and leases",
			"nothing here says the clock is kept by NTP");
}

void check_machine(void)
{
	check_programs();
	check_disk();
	check_clock();
	check_fonts();
}
