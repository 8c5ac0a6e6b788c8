#include "CMPI.h"

#if TREELINE_MPI
#include <limits.h>
#include <mpi.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "deadline.h"

// What ranks tell rank 0 when they can't go on, apart from the messages of programs.
static MPI_Comm failures = MPI_COMM_NULL;
static int own_rank;

// ---- Beginning and end ----

int treeline_mpi_start(double deadline, const char *what, int *rank, int *size, int *largest_tag) {
  int threads;
  begin_deadline(deadline, what);
  int code = MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &threads);
  if (code == MPI_SUCCESS) code = MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  if (code == MPI_SUCCESS) code = MPI_Comm_dup(MPI_COMM_WORLD, &failures);
  end_deadline();
  if (code == MPI_SUCCESS) code = MPI_Comm_rank(MPI_COMM_WORLD, rank);
  own_rank = *rank;
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
  if (failures != MPI_COMM_NULL) MPI_Comm_free(&failures);
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

void treeline_mpi_tell(const char *text, double grace) {
  MPI_Request request;
  if (PMPI_Isend(text, (int)strlen(text) + 1, MPI_CHAR, 0, 0, failures, &request) != MPI_SUCCESS) return;
  struct timespec start, now, pause = {0, 1000000};
  clock_gettime(CLOCK_MONOTONIC, &start);
  do {
    int done;
    // The message moves only while MPI is called.
    MPI_Test(&request, &done, MPI_STATUS_IGNORE);
    nanosleep(&pause, NULL);
    clock_gettime(CLOCK_MONOTONIC, &now);
  } while ((double)(now.tv_sec - start.tv_sec) + 1e-9 * (double)(now.tv_nsec - start.tv_nsec) < grace);
}

static int is_told(MPI_Status *status) {
  int found = 0;
  if (own_rank != 0 || MPI_Iprobe(MPI_ANY_SOURCE, 0, failures, &found, status) != MPI_SUCCESS) return 0;
  return found;
}

int treeline_mpi_told(char *text, size_t size, int *rank) {
  MPI_Status status;
  if (size == 0 || size > INT_MAX || !is_told(&status)) return 0;
  memset(text, 0, size);
  // A text that is longer than there is room for is cut off, which MPI calls an error.
  MPI_Recv(text, (int)size - 1, MPI_CHAR, status.MPI_SOURCE, 0, failures, MPI_STATUS_IGNORE);
  *rank = status.MPI_SOURCE;
  return 1;
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
  // Not MPI_Allreduce, which counts what programs reduce, and goes on waiting for a rank that has told that it won't come.
  MPI_Request request;
  int code = MPI_Iallreduce(MPI_IN_PLACE, numbers, (int)count, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD, &request);
  int done = 0;
  while (code == MPI_SUCCESS && !done) {
    code = MPI_Test(&request, &done, MPI_STATUS_IGNORE);
    MPI_Status status;
    if (code == MPI_SUCCESS && !done) {
      if (is_told(&status)) code = TREELINE_MPI_TOLD;
      sched_yield();
    }
  }
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
