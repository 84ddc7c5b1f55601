/* What the functions of the samples share: where they tell what the documents let them print. */
#include <stdio.h>
#include <string.h>

extern char told[4096];
#define TELL(...) snprintf(told + strlen(told), sizeof told - strlen(told), __VA_ARGS__)
