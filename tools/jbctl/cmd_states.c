/* cmd_states.c - jbctl states: the phase table of intake as a Mermaid diagram. */
#include "jbctl.h"

int cmd_states(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	ctl_die("the intake service's phase table is not part of this build");
}
