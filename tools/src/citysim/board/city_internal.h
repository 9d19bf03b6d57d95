/* city_internal.h - what city.c, city_rows.c and city_grid.c share. */
#ifndef BOARD_CITY_INTERNAL_H
#define BOARD_CITY_INTERNAL_H

#include "city.h"

bool city_make_search(struct city *c);
void city_free_search(struct city *c);
void city_forget_rows(struct city *c);
bool city_make_grid(struct city *c);
void city_free_grid(struct city *c);

#endif
