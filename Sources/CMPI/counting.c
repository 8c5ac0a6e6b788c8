// The profiling layer (MPI 4.0, section 15.2): these take the place of the library's functions of the same names, count
// what they are asked to move, and pass it on. Whoever calls MPI in this process is counted, so that the figures are those
// of MPI's own arguments and not of what a caller believes.
#include "CMPI.h"

#if TREELINE_MPI
#include <mpi.h>

// One process is one rank, and MPI is called from one thread.
static treeline_mpi_traffic traffic;

static int64_t bytes_of(int count, MPI_Datatype type) {
  int size = 0;
  PMPI_Type_size(type, &size);
  return (int64_t)count * size;
}

int MPI_Isend(
    const void *buffer, int count, MPI_Datatype type, int peer, int tag, MPI_Comm ranks, MPI_Request *request) {
  int code = PMPI_Isend(buffer, count, type, peer, tag, ranks, request);
  if (code == MPI_SUCCESS) {
    traffic.sent += bytes_of(count, type);
    traffic.messages_sent++;
  }
  return code;
}

int MPI_Irecv(void *buffer, int count, MPI_Datatype type, int peer, int tag, MPI_Comm ranks, MPI_Request *request) {
  int code = PMPI_Irecv(buffer, count, type, peer, tag, ranks, request);
  if (code == MPI_SUCCESS) traffic.received += bytes_of(count, type);
  return code;
}

int MPI_Allreduce(
    const void *source, void *target, int count, MPI_Datatype type, MPI_Op operator, MPI_Comm ranks) {
  int code = PMPI_Allreduce(source, target, count, type, operator, ranks);
  if (code == MPI_SUCCESS) traffic.reduced += bytes_of(count, type);
  return code;
}

treeline_mpi_traffic treeline_mpi_traffic_so_far(void) { return traffic; }
#endif
