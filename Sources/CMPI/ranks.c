#include "CMPI.h"

#if TREELINE_MPI
#include <limits.h>
#include <mpi.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deadline.h"

// ---- Beginning and end ----

int treeline_mpi_start(double deadline, const char *what, int *rank, int *size, int *largest_tag) {
  int threads;
  begin_deadline(deadline, what);
  int code = MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &threads);
  end_deadline();
  if (code == MPI_SUCCESS) code = MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  if (code == MPI_SUCCESS) code = MPI_Comm_rank(MPI_COMM_WORLD, rank);
  if (code == MPI_SUCCESS) code = MPI_Comm_size(MPI_COMM_WORLD, size);
  if (code != MPI_SUCCESS) return code;
  int *bound = NULL, found = 0;
  code = MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_TAG_UB, &bound, &found);
  // What every MPI allows at least.
  *largest_tag = found && bound ? *bound : 32767;
  return code;
}

int treeline_mpi_finish(double deadline, const char *what) {
  begin_deadline(deadline, what);
  int code = MPI_Finalize();
  end_deadline();
  return code;
}

void treeline_mpi_end_all(int code) { MPI_Abort(MPI_COMM_WORLD, code); }

void treeline_mpi_error_text(int code, char *text, size_t size) {
  char words[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  if (MPI_Error_string(code, words, &length) != MPI_SUCCESS) snprintf(words, sizeof words, "error %d", code);
  snprintf(text, size, "%s", words);
}

void treeline_mpi_library(char *text, size_t size) {
  char words[MPI_MAX_LIBRARY_VERSION_STRING] = "";
  int length = 0;
  MPI_Get_library_version(words, &length);
  // Open MPI says more than its name and version after a comma.
  words[strcspn(words, ",\n")] = 0;
  snprintf(text, size, "%s", words);
}

// ---- Messages ----

struct treeline_mpi_transfer {
  MPI_Request request;
  int receives;
  unsigned char bytes[];
};

static treeline_mpi_transfer *new_transfer(size_t count, int receives) {
  treeline_mpi_transfer *transfer = malloc(sizeof *transfer + count);
  if (!transfer) return NULL;
  transfer->request = MPI_REQUEST_NULL;
  transfer->receives = receives;
  return transfer;
}

int treeline_mpi_send(const void *bytes, size_t count, int peer, int tag, treeline_mpi_transfer **transfer) {
  if (count > INT_MAX) return MPI_ERR_COUNT;
  treeline_mpi_transfer *new = new_transfer(count, 0);
  if (!new) return MPI_ERR_NO_MEM;
  if (count) memcpy(new->bytes, bytes, count);
  *transfer = new;
  return MPI_Isend(new->bytes, (int)count, MPI_BYTE, peer, tag, MPI_COMM_WORLD, &new->request);
}

int treeline_mpi_receive(size_t count, int peer, int tag, treeline_mpi_transfer **transfer) {
  if (count > INT_MAX) return MPI_ERR_COUNT;
  treeline_mpi_transfer *new = new_transfer(count, 1);
  if (!new) return MPI_ERR_NO_MEM;
  *transfer = new;
  return MPI_Irecv(new->bytes, (int)count, MPI_BYTE, peer, tag, MPI_COMM_WORLD, &new->request);
}

int treeline_mpi_test(treeline_mpi_transfer *transfer, int *done, size_t *received) {
  MPI_Status status;
  int code = MPI_Test(&transfer->request, done, &status);
  if (code != MPI_SUCCESS || !*done || !transfer->receives) return code;
  int count = 0;
  code = MPI_Get_count(&status, MPI_BYTE, &count);
  *received = count < 0 ? 0 : (size_t)count;
  return code;
}

const void *treeline_mpi_bytes(const treeline_mpi_transfer *transfer) { return transfer->bytes; }

void treeline_mpi_release(treeline_mpi_transfer *transfer) {
  // MPI may still read or write the bytes of a message that has not finished; the process is about to end then.
  if (transfer && transfer->request == MPI_REQUEST_NULL) free(transfer);
}

void treeline_mpi_yield(void) { sched_yield(); }

// ---- Collectives ----

// MPI hands an operator no argument of its caller's; one all-reduce is under way at a time.
static struct {
  treeline_mpi_operator *combine;
  const void *context;
} current;

static void call_operator(void *source, void *target, int *units, MPI_Datatype *type) {
  (void)type;
  current.combine(source, target, (size_t)*units, current.context);
}

int treeline_mpi_all_reduce(
    void *units, size_t count, size_t bytes_per_unit, treeline_mpi_operator *combine, const void *context,
    double deadline, const char *what) {
  if (count > INT_MAX || bytes_per_unit > INT_MAX) return MPI_ERR_COUNT;
  MPI_Datatype unit;
  MPI_Op operator;
  int code = MPI_Type_contiguous((int)bytes_per_unit, MPI_BYTE, &unit);
  if (code != MPI_SUCCESS) return code;
  code = MPI_Type_commit(&unit);
  if (code == MPI_SUCCESS) code = MPI_Op_create(call_operator, 1, &operator);
  if (code == MPI_SUCCESS) {
    current.combine = combine;
    current.context = context;
    begin_deadline(deadline, what);
    code = MPI_Allreduce(MPI_IN_PLACE, units, (int)count, unit, operator, MPI_COMM_WORLD);
    end_deadline();
    MPI_Op_free(&operator);
  }
  MPI_Type_free(&unit);
  return code;
}

int treeline_mpi_broadcast(void *bytes, size_t count, double deadline, const char *what) {
  if (count > INT_MAX) return MPI_ERR_COUNT;
  begin_deadline(deadline, what);
  int code = MPI_Bcast(bytes, (int)count, MPI_BYTE, 0, MPI_COMM_WORLD);
  end_deadline();
  return code;
}

int treeline_mpi_largest(double *numbers, size_t count, double deadline, const char *what) {
  if (count > INT_MAX) return MPI_ERR_COUNT;
  begin_deadline(deadline, what);
  // Not MPI_Allreduce, which counts what programs reduce.
  int code = PMPI_Allreduce(MPI_IN_PLACE, numbers, (int)count, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  end_deadline();
  return code;
}

int treeline_mpi_local_rank(double deadline, const char *what, int *rank) {
  MPI_Comm machine;
  begin_deadline(deadline, what);
  int code = MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
  if (code == MPI_SUCCESS) {
    code = MPI_Comm_rank(machine, rank);
    MPI_Comm_free(&machine);
  }
  end_deadline();
  return code;
}

void treeline_mpi_begin_limit(double deadline, const char *what) { begin_deadline(deadline, what); }
void treeline_mpi_end_limit(void) { end_deadline(); }

int treeline_mpi_gather(const double *own, size_t count, double *all, double deadline, const char *what) {
  if (count > INT_MAX) return MPI_ERR_COUNT;
  begin_deadline(deadline, what);
  int code = MPI_Gather(own, (int)count, MPI_DOUBLE, all, (int)count, MPI_DOUBLE, 0, MPI_COMM_WORLD);
  end_deadline();
  return code;
}
#endif
