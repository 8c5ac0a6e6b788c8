// Which file a function comes from: dladdr, which the C library shows only when asked.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>

#include "CLoader.h"

const char *treeline_file_of(const void *function) {
  Dl_info place;
  return dladdr(function, &place) != 0 ? place.dli_fname : NULL;
}

static void nothing(void) {}

void *treeline_no_function(void) { return (void *)nothing; }
