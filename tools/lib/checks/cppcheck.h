/* cppcheck.h - macros of other libraries whose headers cppcheck is not given. */
#define json_object_foreach(o, k, v) for (k = ""; (v = json_object_get(o, k)) != NULL;)
#define json_array_foreach(a, i, v) \
	for (i = 0; i < json_array_size(a) && (v = json_array_get(a, i)) != NULL; i++)
