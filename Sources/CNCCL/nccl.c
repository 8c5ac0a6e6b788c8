#include "CNCCL.h"

#include <string.h>

// ncclUniqueId of nccl.h: passed on the stack on x86-64, by the address of a copy on AArch64, which compilers know.
typedef struct {
  char internal[TREELINE_NCCL_ID_BYTES];
} unique_id;

int treeline_nccl_unique_id(void *function, unsigned char *id) {
  unique_id made;
  int code = ((int (*)(unique_id *))function)(&made);
  memcpy(id, &made, sizeof made);
  return code;
}

int treeline_nccl_join(void *function, void **communicator, int ranks, const unsigned char *id, int rank) {
  unique_id passed;
  memcpy(&passed, id, sizeof passed);
  return ((int (*)(void **, int, unique_id, int))function)(communicator, ranks, passed, rank);
}
