/* roads.h - what the commands of this program share. */
#ifndef ROADS_ROADS_H
#define ROADS_ROADS_H

#include <stdio.h>
#include "dispatch/roads.h"

int import_main(int argc, char **argv);
int info_main(int argc, char **argv);
int path_main(int argc, char **argv);
int check_main(int argc, char **argv);

/* A graph, or NULL with the fault on standard error. */
struct roads *open_graph(const char *path);
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* "108.9" within the range; false with a message. */
bool read_degrees_arg(const char *text, const char *what, double limit, double *ret);

#endif
