/* jbctl.h - what the operator's commands share: settings, connections, RPC, HTTP.
 *
 * A command is a function in a table of main.c; it prints results on standard output, says what is
 * wrong on standard error, and returns the exit status: 0 done, 1 refused or failed, 2 misuse.
 * Single-threaded but for libnats. Helpers that can't go on exit with a message (ctl_die).
 */
#ifndef JBCTL_H
#define JBCTL_H

#include <jansson.h>
#include <libpq-fe.h>
#include <nats/nats.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "kit/config.h"
#include "kit/meta.h"

struct ctl_settings {
	const char *nats_url, *nats_user, *nats_password, *db;
	const char *api_url, *admin_url, *username, *password;
	const char *services, *stack_dir;
	long stream_mb;
};
extern struct ctl_settings ctl;
extern const struct config_item ctl_config[];
extern const struct contract jb_contract;

struct command {
	const char *name, *args, *help;
	int (*run)(int argc, char **argv); /* argv[0] is the first word after the command's name */
};

int cmd_streams(int argc, char **argv);
int cmd_call(int argc, char **argv);
int cmd_submit(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_tail(int argc, char **argv);
int cmd_dead_letters(int argc, char **argv);
int cmd_events(int argc, char **argv);
int cmd_dispatch(int argc, char **argv);
int cmd_districts(int argc, char **argv);
int cmd_states(int argc, char **argv);
int cmd_doctor(int argc, char **argv);

void ctl_die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
int ctl_usage(const char *text); /* prints it; 2 */

/* The services that have a database, one by one; NULL ends. */
extern const char *const ctl_schemas[];
bool ctl_is_schema(const char *name);

/* ---- bus ---- */

natsConnection *ctl_bus(void); /* connects on first use */
/* A plain request; NULL with the reason in err when there is no answer. */
char *ctl_ask(const char *subject, const char *body, int timeout_ms, char *err, size_t size);

/* One RPC as role SYSTEM: JSON in, JSON out on ret (malloc'd, or the refusal as JSON). */
bool ctl_rpc(const char *name, const char *json, char **ret);

/* ---- database ---- */

PGconn *ctl_db(void); /* connects on first use, or exits */
PGresult *ctl_query(const char *sql, int n, const char *const *params); /* exits on failure */
void ctl_print_rows(PGresult *r); /* aligned columns with a head line */

/* ---- HTTP ---- */

struct http_answer {
	long status;
	char *body;
	size_t len;
};
/* As the configured account. False with the reason on standard error when nothing answered. */
bool ctl_http(const char *method, const char *path, const char *body, struct http_answer *ret);
/* Streams GET path line by line until it ends or fn returns false. */
bool ctl_http_lines(const char *path, const char *last_id, bool (*fn)(const char *line));
void ctl_print_json(const char *text);
/* Prints the body, or what is wrong with the request; the exit status. */
int ctl_http_show(const char *method, const char *path, const char *body);

#endif
