/* doctor.h - what a check of the doctor reports: one line each, with what to do when it is wrong.
 */
#ifndef JBCTL_DOCTOR_H
#define JBCTL_DOCTOR_H

#include <stdbool.h>

void fine(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void wrong(const char *todo, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void doubtful(const char *todo, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void check_machine(void);  /* programs, disk, clock, fonts */
void check_database(void); /* reachable, roles, migrations, outbox, dead letters */
void check_bus(void);      /* reachable, anonymous refused, streams, publish probe */
void check_services(void); /* each one's own account of itself; the gateway's ports */

#endif
