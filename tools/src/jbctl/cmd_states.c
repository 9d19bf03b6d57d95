/* cmd_states.c - jbctl states: the phase table of intake as a Mermaid diagram. */
#include <stdio.h>
#include <string.h>
#include "intake/phases.h"
#include "jbctl.h"

/* All causes that lead from one phase to another, on one arrow. */
static void arrow(int from, int to)
{
	bool first = true;

	for (int c = 0; c < CAUSES; c++) {
		if (phase_next((Pb__Phase__Value)from, (enum phase_cause)c) != (Pb__Phase__Value)to)
			continue;
		if (first)
			printf("    %s --> %s : ", phase_name((Pb__Phase__Value)from),
				phase_name((Pb__Phase__Value)to));
		printf("%s%s", first ? "" : ", ", cause_name((enum phase_cause)c));
		first = false;
	}
	if (!first)
		putchar('\n');
}

int cmd_states(int argc, char **argv)
{
	(void)argv;
	if (argc)
		return ctl_usage("states");
	puts("stateDiagram-v2");
	for (int lane = PB__LANE__VALUE__RAPID; lane <= PB__LANE__VALUE__GENERAL; lane++)
		printf("    [*] --> %s\n", phase_name(phase_first((Pb__Lane__Value)lane)));
	for (int from = PB__PHASE__VALUE__UNSPECIFIED + 1; from < PHASES; from++)
		for (int to = PB__PHASE__VALUE__UNSPECIFIED + 1; to < PHASES; to++)
			arrow(from, to);
	printf("    %s --> [*]\n", phase_name(PB__PHASE__VALUE__CLOSED));
	return 0;
}
