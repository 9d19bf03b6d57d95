/* config.h - a table of settings: name, type, variable, default, range, unit, help.
 *
 * Sources in order: default, file (--config FILE or JB_CONFIG; "name = value" lines, # comments),
 * environment (JB_ and the name in upper case). An unknown key in the file is an error. --help
 * prints the table. Secrets are never printed. Single-threaded, at start.
 */
#ifndef KIT_CONFIG_H
#define KIT_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum config_type {
	CONFIG_TEXT,   /* const char ** */
	CONFIG_SECRET, /* const char **, printed as *** */
	CONFIG_INT,    /* long * */
	CONFIG_BOOL,   /* bool * */
};

struct config_item {
	const char *name; /* "offer_seconds" -> JB_OFFER_SECONDS */
	enum config_type type;
	void *var;
	const char *def; /* NULL: must be given */
	long min, max;   /* CONFIG_INT */
	const char *unit, *help;
};

/* Loads all tables (a NULL-ended array of tables) into their variables. False with a message on
 * `err` naming the key and the source. */
bool config_load(const struct config_item *const *tables, const char *file, FILE *err);
void config_help(const struct config_item *const *tables, FILE *out);

#endif
