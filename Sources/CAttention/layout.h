// What the variants share.
#ifndef TREELINE_LAYOUT_H
#define TREELINE_LAYOUT_H

#include <math.h>

/// The bytes of an element.
#define WIDTH_OF(type) ((type) == treeline_fp32 ? (size_t)4 : (size_t)2)

/// Rows in scratch memory are whole pairs of the widest vectors.
#define PADDED(dim) (((dim) + 31) / 32 * 32)

/// The tokens whose logits are known before their values are read: few enough for their keys to stay in a second-level
/// cache for the next heads of the group, many enough to make the work between them small.
#define BLOCK ((size_t)128)

/// The lines at the start of a page that are asked for a page ahead: hardware prefetchers stop at the end of a page, and
/// these bring the next translation and set them going again.
#ifndef PRIMED
#define PRIMED ((size_t)4)
#endif

/// Asks for a cache line to be read later. An address past the end of memory does no harm.
#define PREFETCH(address) __builtin_prefetch((const void *)(uintptr_t)(address), 0, 3)

#endif
