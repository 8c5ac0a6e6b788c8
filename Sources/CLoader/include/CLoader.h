// What the loader knows and Swift can't ask.
#ifndef TREELINE_CLOADER_H
#define TREELINE_CLOADER_H

/// The file that a function was loaded from, as the loader names it; NULL where it can't tell.
const char *treeline_file_of(const void *function);

/// The address of a function that does nothing, to stand for one that a library lacks until that is reported.
void *treeline_no_function(void);

#endif
