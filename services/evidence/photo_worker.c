/* photo_worker.c - jb-evidence-photo: looks at photos in a locked-in process, one at a time.
 *
 * It is started by the evidence daemon with a socket as standard input and gets each original as an
 * open descriptor. Before the first one it gives up opening files, sockets and processes (seccomp),
 * new privileges and nearly all descriptors; each photo has a CPU budget. What a hostile photo
 * makes of it is a dead worker, which the daemon answers as a damaged photo.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "evidence/photo_wire.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#endif

enum { SOCKET = 0, DESCRIPTORS = 4 };

static const int allowed_calls[] = {
	SYS_read,
	SYS_recvmsg,
	SYS_sendto,
	SYS_write,
	SYS_close,
	SYS_fstat,
	SYS_newfstatat,
	SYS_mmap,
	SYS_munmap,
	SYS_mremap,
	SYS_mprotect,
	SYS_madvise,
	SYS_brk,
	SYS_futex,
	SYS_getrandom,
	SYS_getrusage,
	SYS_prlimit64,
	SYS_setrlimit,
	SYS_clock_gettime,
	SYS_rt_sigreturn,
	SYS_rt_sigprocmask,
	SYS_sigaltstack,
	SYS_gettid,
	SYS_getpid,
	SYS_tgkill,
	SYS_sched_yield,
	SYS_exit,
	SYS_exit_group,
};

/* Every other system call fails with EPERM. */
static bool seal_calls(void)
{
#ifdef OUR_ARCH
	enum { N = sizeof(allowed_calls) / sizeof(*allowed_calls) };
	struct sock_filter code[N + 6];
	unsigned short n = 0;

	code[n++] = (struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	code[n++] = (struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (unsigned i = 0; i < N; i++)
		code[n++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, (unsigned)allowed_calls[i], (uint8_t)(N - i), 0);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = { n, code };
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
#else
	return true;
#endif
}

static bool limit(int what, rlim_t most)
{
	struct rlimit r = { most, most };
	return setrlimit((__rlimit_resource_t)what, &r) == 0;
}

static bool lock_in(void)
{
	close_range(3, ~0u, 0);
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_DUMPABLE, 0) == 0 &&
	       limit(RLIMIT_NOFILE, DESCRIPTORS) && limit(RLIMIT_CORE, 0) &&
	       limit(RLIMIT_FSIZE, 0) && seal_calls();
}

/* Address space is limited once, CPU time anew for every photo. */
static bool budget(const struct photo_job *job)
{
	struct rusage u;
	struct rlimit cpu;

#ifndef SANITIZED
	struct rlimit as = { (rlim_t)job->address_mb << 20, (rlim_t)job->address_mb << 20 };
	if (setrlimit(RLIMIT_AS, &as) != 0)
		return false;
#endif
	if (getrusage(RUSAGE_SELF, &u) != 0 || getrlimit(RLIMIT_CPU, &cpu) != 0)
		return false;
	cpu.rlim_cur = (rlim_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + job->cpu_s + 1;
	return setrlimit(RLIMIT_CPU, &cpu) == 0;
}

/* 1 with a job and its descriptor, 0 when the daemon has gone or lets us go, -1 on nonsense. */
static int receive(struct photo_job *job, int *ret_fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec v = { job, sizeof(*job) };
	struct msghdr m = { .msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	ssize_t n;

	do
		n = recvmsg(SOCKET, &m, MSG_WAITALL | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return 0;
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	if (n != (ssize_t)sizeof(*job) || !c || c->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(ret_fd, CMSG_DATA(c), sizeof(*ret_fd));
	return 1;
}

static bool send_all(const void *data, size_t n)
{
	const uint8_t *p = data;

	while (n > 0) {
		ssize_t k = send(SOCKET, p, n, MSG_NOSIGNAL);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

static bool answer(const struct photo_found *f, struct photo_rendition r[static PHOTO_SIZES])
{
	struct photo_answer a = { .found = *f };

	for (int i = 0; i < PHOTO_SIZES; i++)
		a.len[i] = (uint32_t)r[i].len;
	bool ok = send_all(&a, sizeof(a));
	for (int i = 0; ok && i < PHOTO_SIZES; i++)
		ok = send_all(r[i].jpeg, r[i].len);
	return ok;
}

static bool serve(const struct photo_job *job, int fd)
{
	struct photo_found found;
	struct photo_rendition r[PHOTO_SIZES] = { 0 };
	struct stat st;

	if (!budget(job) || fstat(fd, &st) != 0)
		return false;
	size_t n = (size_t)st.st_size;
	void *data = n ? mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
	if (data == MAP_FAILED)
		return false;
	photo_inspect(data, n, &job->limits, &found, r);
	if (data)
		munmap(data, n);
	bool ok = answer(&found, r);
	photo_renditions_free(r);
	malloc_trim(0);
	return ok;
}

int main(int argc, char **argv)
{
	const uint32_t hello = PHOTO_HELLO;

	if (argc > 1) {
		bool version = strcmp(argv[1], "--version") == 0;
		puts(version ? "jb-evidence-photo " JB_VERSION
			     : "jb-evidence-photo: started by jb-evidence, not by hand");
		return version || strcmp(argv[1], "--help") == 0 ? 0 : 2;
	}
	if (!lock_in()) {
		perror("jb-evidence-photo: can't lock itself in");
		_exit(1);
	}
	if (!send_all(&hello, sizeof(hello)))
		_exit(1);
	for (;;) {
		struct photo_job job;
		int fd;
		int got = receive(&job, &fd);
		if (got <= 0)
			_exit(got < 0);
		if (!serve(&job, fd))
			_exit(1);
		close(fd);
	}
}
