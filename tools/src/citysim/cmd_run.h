/* cmd_run.h - the scoreboard's commands. */
#ifndef CITYSIM_CMD_RUN_H
#define CITYSIM_CMD_RUN_H

/* argv[0] is "run", "posts" or "tape". Returns the exit status. */
int cmd_run(int argc, char **argv);

#endif
