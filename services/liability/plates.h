/* plates.h - do plate and plate type of a party go together, and what a type is called. Pure. */
#ifndef LIABILITY_PLATES_H
#define LIABILITY_PLATES_H

#include <stdbool.h>

/* NULL when plate and type fit (both empty: no vehicle), else what is wrong, as a constant sentence
 * without the plate. */
const char *plate_type_check(const char *plate, const char *type);
/* "小型汽车"; "" when unknown. */
const char *plate_type_chinese(const char *type);
/* A vehicle belongs to the party: it has a plate or a plate type. */
bool has_vehicle(const char *plate, const char *type);

#endif
