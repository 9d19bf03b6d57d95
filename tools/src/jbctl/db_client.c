/* db_client.c - the operator's own look at the transport tables, as role jb_ops. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "jbctl.h"

PGconn *ctl_db(void)
{
	static PGconn *pg;

	if (pg)
		return pg;
	if (!*ctl.db)
		ctl_die("setting 'db' is empty: the connection string of role jb_ops is needed");
	pg = PQconnectdb(ctl.db);
	if (PQstatus(pg) != CONNECTION_OK)
		ctl_die("no connection to PostgreSQL: %s", PQerrorMessage(pg));
	return pg;
}

PGresult *ctl_query(const char *sql, int n, const char *const *params)
{
	PGresult *r = PQexecParams(ctl_db(), sql, n, NULL, params, NULL, NULL, 0);
	ExecStatusType s = PQresultStatus(r);

	if (s != PGRES_TUPLES_OK && s != PGRES_COMMAND_OK)
		ctl_die("%s", PQresultErrorMessage(r));
	return r;
}

static int width(PGresult *r, int col)
{
	size_t w = strlen(PQfname(r, col));

	for (int i = 0; i < PQntuples(r); i++)
		if (strlen(PQgetvalue(r, i, col)) > w)
			w = strlen(PQgetvalue(r, i, col));
	return w > 60 ? 60 : (int)w;
}

void ctl_print_rows(PGresult *r)
{
	int n = PQnfields(r);

	for (int k = 0; k < n; k++)
		printf("%-*s%s", width(r, k), PQfname(r, k), k + 1 < n ? "  " : "\n");
	for (int i = 0; i < PQntuples(r); i++)
		for (int k = 0; k < n; k++)
			printf("%-*s%s", width(r, k), PQgetvalue(r, i, k), k + 1 < n ? "  " : "\n");
}
