// The system's zlib, with inputs as constant pointers.
#define ZLIB_CONST
#include <zlib.h>
