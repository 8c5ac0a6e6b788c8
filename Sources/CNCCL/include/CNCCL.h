// What NCCL takes by value, and a function found at run time can't be given from Swift.
#ifndef TREELINE_CNCCL_H
#define TREELINE_CNCCL_H

/// NCCL_UNIQUE_ID_BYTES of nccl.h.
enum { TREELINE_NCCL_ID_BYTES = 128 };

/// Calls ncclGetUniqueId, at an address, which writes 128 bytes.
int treeline_nccl_unique_id(void *function, unsigned char *id);

/// Calls ncclCommInitRank, at an address; the id is passed as the struct of 128 bytes that it is.
int treeline_nccl_join(void *function, void **communicator, int ranks, const unsigned char *id, int rank);

#endif
