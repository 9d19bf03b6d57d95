/* cmd_run.h - the scoreboard's commands. */
#ifndef CITYSIM_CMD_RUN_H
#define CITYSIM_CMD_RUN_H

#include <stdbool.h>

/* argv[0] is "run" or "posts". Returns the exit status. */
int cmd_run(int argc, char **argv, bool posts);

#endif
