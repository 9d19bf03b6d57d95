/* print.c - documents made in the background by jb-liability-document, one short-lived batch at a
 * time; a tick hands it work, the next ones look whether it is done.
 *
 * A row of liability.rendering is the deadline: taken, it is due again after a while, so that
 * nothing is lost whatever ends first. Printing twice is harmless: the first result counts. Work
 * and results pass through memory files; nothing here waits.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "kit/blob.h"
#include "kit/log.h"
#include "kit/timeutil.h"
#include "kit/uuid.h"
#include "liability/handlers.h"
#include "liability/store.h"

enum { BATCH = 8, RESULTS_MAX = 4096, LEASE_S = 10 };

struct print_job {
	char id[UUID_TEXT];
	bool final;
};

static struct {
	pid_t pid;        /* 0: nothing runs */
	int out;          /* memory file with its results */
	int64_t deadline; /* on the steady clock */
	struct print_job jobs[BATCH];
	size_t n;
} printer;

/* ---- starting ---- */

static bool write_all(int fd, const void *data, size_t n)
{
	const char *p = data;
	while (n > 0) {
		ssize_t k = write(fd, p, n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

static Pb__Code put_job(struct call *c, int fd, const struct print_job *job)
{
	struct determination_row row;
	size_t len = 0;
	Pb__Code e = load_determination(c, &st_determination, job->id, &row);
	if (e)
		return e;
	if (!row.d)
		return call_fail(c, PB__CODE__INTERNAL, "a document without determination");
	e = load_signatures(c, row.d);
	if (e)
		return e;
	row.d->verify_url =
		arena_printf(c->arena, "%s/verify/%s", settings.public_url, row.d->verify_code);
	Pb__DocumentPrint print = PB__DOCUMENT_PRINT__INIT;
	print.job = arena_printf(c->arena, "%s/%s", job->id, job->final ? "FINAL" : "DRAFT");
	print.determination = row.d;
	print.final = job->final;
	const void *packed = pack_message(c, &print.base, &len);
	unsigned char head[4] = { (unsigned char)(len >> 24), (unsigned char)(len >> 16),
		(unsigned char)(len >> 8), (unsigned char)len };
	if (!packed)
		return call_fail(c, PB__CODE__TOO_LARGE, "a document is too large");
	if (!write_all(fd, head, sizeof(head)) || !write_all(fd, packed, len))
		return call_fail(
			c, PB__CODE__BUSY, "no memory for the printer: %s", strerror(errno));
	return PB__CODE__OK;
}

static bool program_path(char *buf, size_t size)
{
	if (*settings.document_program)
		return (size_t)snprintf(buf, size, "%s", settings.document_program) < size;
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n <= 0)
		return false;
	self[n] = '\0';
	char *slash = strrchr(self, '/');
	if (!slash)
		return false;
	*slash = '\0';
	return (size_t)snprintf(buf, size, "%s/jb-liability-document", self) < size;
}

/* 0 or an errno. Of ours the child gets its input, its output and standard error, nothing else. */
static int start_program(const char *path, int in, int out, pid_t *ret)
{
	char *argv[] = { (char *)(uintptr_t)path, (char *)(uintptr_t)settings.blob_dir,
		(char *)(uintptr_t)settings.document_font, NULL };
	static char env_path[] = "PATH=/usr/bin:/bin", env_lang[] = "LANG=C.UTF-8",
		    env_leaks[] = "ASAN_OPTIONS=detect_leaks=0";
	char *env[] = { env_path, env_lang, env_leaks, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, usual;
	(void)sigemptyset(&none);
	(void)sigemptyset(&usual);
	(void)sigaddset(&usual, SIGTERM);
	(void)sigaddset(&usual, SIGINT);
	(void)sigaddset(&usual, SIGPIPE);
	(void)posix_spawn_file_actions_init(&files);
	(void)posix_spawnattr_init(&attr);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawnattr_setsigdefault(&attr, &usual);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	int e = posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	if (!e)
		e = posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	if (!e)
		e = posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
	if (!e)
		e = posix_spawn(ret, path, &files, &attr, argv, env);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&files);
	return e;
}

static Pb__Code start_printer(struct call *c, int in)
{
	char path[PATH_MAX];
	int out = memfd_create("printed", MFD_CLOEXEC);
	int e = out < 0 ? errno : 0;
	if (!e && lseek(in, 0, SEEK_SET) != 0)
		e = errno;
	if (!e && !program_path(path, sizeof(path)))
		e = ENOENT;
	if (!e)
		e = start_program(path, in, out, &printer.pid);
	if (!e) {
		printer.out = out;
		printer.deadline = mono_us() + settings.document_seconds * US_PER_S;
		return PB__CODE__OK;
	}
	printer.pid = 0;
	if (out >= 0)
		(void)close(out);
	log_error("document printer not started", "why=\"%s\"", strerror(e));
	return call_fail(
		c, PB__CODE__BUSY, "the document printer can't be started: %s", strerror(e));
}

/* Due rows become a batch. */
static Pb__Code take_work(struct call *c)
{
	struct db_rows r;
	int64_t again = c->at_us + LEASE_S * US_PER_S;
	Pb__Code e = db_run(c, &st_rendering_take, &r,
		DB_ARGS(db_time(c->at_us), db_time(again), db_i64(BATCH)));
	if (e || r.n == 0)
		return e;
	int in = memfd_create("to-print", MFD_CLOEXEC);
	if (in < 0)
		return call_fail(
			c, PB__CODE__BUSY, "no memory for the printer: %s", strerror(errno));
	printer.n = 0;
	for (size_t i = 0; i < r.n && !e; i++) {
		struct print_job *job = &printer.jobs[printer.n++];
		(void)snprintf(job->id, sizeof(job->id), "%s", db_get_text(&r, i, 0));
		job->final = strcmp(db_get_text(&r, i, 1), "FINAL") == 0;
		e = put_job(c, in, job);
	}
	if (!e)
		e = start_printer(c, in);
	(void)close(in);
	return e;
}

/* ---- finishing ---- */

static Pb__Code record_done(struct call *c, const struct print_job *job, const char *sha256)
{
	struct db_rows r;
	if (!job->final)
		return db_run(c, &st_rendering_drafted, &r,
			DB_ARGS(db_uuid(job->id), db_text(sha256), db_time(c->at_us)));
	Pb__Code e = db_run(c, &st_rendering_served, &r,
		DB_ARGS(db_uuid(job->id), db_text(sha256), db_time(c->at_us)));
	if (e || r.n == 0)
		return e;
	Pb__DeterminationServed ev = PB__DETERMINATION_SERVED__INIT;
	ev.determination_id = job->id;
	ev.incident_id = db_get_text(&r, 0, 0);
	ev.district = db_get_text(&r, 0, 1);
	ev.document_no = db_get_text(&r, 0, 2);
	ev.pdf_sha256 = sha256;
	ev.responder_id = db_get_text(&r, 0, 3);
	ev.at = c->at_us;
	return event_emit(c, &ev.base);
}

static Pb__Code record_failed(struct call *c, const struct print_job *job, const char *why)
{
	struct db_rows r;
	char quoted[160];
	log_warn("document not printed", "determination=%s why=%s", job->id,
		log_quote(why, quoted, sizeof(quoted)));
	return db_run(c, &st_rendering_failed, &r,
		DB_ARGS(db_uuid(job->id), db_text(job->final ? "FINAL" : "DRAFT"), db_text(why),
			db_time(c->at_us)));
}

/* The rest of the line that begins with the job's name, in buf; NULL when there is none. */
static char *result_of(char *results, const struct print_job *job, char *buf, size_t size)
{
	char name[UUID_TEXT + 8];
	int n = snprintf(name, sizeof(name), "%s/%s ", job->id, job->final ? "FINAL" : "DRAFT");
	char *line = strstr(results, name);
	if (!line)
		return NULL;
	line += n;
	(void)snprintf(buf, size, "%.*s", (int)strcspn(line, "\n"), line);
	return buf;
}

static Pb__Code record_results(struct call *c, char *results, const char *ended)
{
	char one[256];
	Pb__Code e = PB__CODE__OK;
	for (size_t i = 0; i < printer.n && !e; i++) {
		const char *line = result_of(results, &printer.jobs[i], one, sizeof(one));
		if (!line)
			e = record_failed(c, &printer.jobs[i], ended);
		else if (line[0] == '!')
			e = record_failed(c, &printer.jobs[i], line + 2);
		else
			e = record_done(c, &printer.jobs[i], line);
	}
	return e;
}

/* True when the printer has ended; it is, when its time is up. */
static bool printer_ended(int *ret_status)
{
	pid_t got = waitpid(printer.pid, ret_status, WNOHANG);
	if (got == 0 && mono_us() > printer.deadline) {
		(void)kill(printer.pid, SIGKILL);
		got = waitpid(printer.pid, ret_status, 0);
	}
	return got != 0;
}

static Pb__Code finish(struct call *c, int status)
{
	char results[RESULTS_MAX], ended[64];
	ssize_t n = pread(printer.out, results, sizeof(results) - 1, 0);
	results[n > 0 ? n : 0] = '\0';
	(void)close(printer.out);
	printer.pid = 0;
	(void)snprintf(ended, sizeof(ended), "the printer ended with %s %d",
		WIFSIGNALED(status) ? "signal" : "status",
		WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	return record_results(c, results, ended);
}

Pb__Code print_tick(struct call *c, bool *ret_more)
{
	int status = 0;
	if (printer.pid) {
		if (!printer_ended(&status))
			return PB__CODE__OK;
		*ret_more = true;
		return finish(c, status);
	}
	return take_work(c);
}

void print_stop(void)
{
	int status;
	if (!printer.pid)
		return;
	(void)kill(printer.pid, SIGKILL);
	(void)waitpid(printer.pid, &status, 0);
	(void)close(printer.out);
	printer.pid = 0;
}
