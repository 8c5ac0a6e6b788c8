// What Treeline asks of MPI, in types that Swift can import, and a count of it. Only with the package's trait MPI is there
// anything behind these functions.
#ifndef TREELINE_CMPI_H
#define TREELINE_CMPI_H

#include <stddef.h>
#include <stdint.h>

// Functions that return int return 0 or an error code of MPI, of which treeline_mpi_error_text tells more. A deadline is
// in seconds; a call that blocks and does not end by then ends the process with exit code 69 and `what` on standard error.

/// Joins the ranks that mpirun has started; alone, as one rank.
int treeline_mpi_start(double deadline, const char *what, int *rank, int *size, int *largest_tag);
/// Leaves the other ranks, once all have come to it.
int treeline_mpi_finish(double deadline, const char *what);
/// Ends all ranks; mpirun ends with the code.
void treeline_mpi_end_all(int code);
/// MPI's words for an error code.
void treeline_mpi_error_text(int code, char *text, size_t size);
/// The name and version of the library.
void treeline_mpi_library(char *text, size_t size);

/// A message under way.
typedef struct treeline_mpi_transfer treeline_mpi_transfer;

/// Starts to send a copy of some bytes.
int treeline_mpi_send(const void *bytes, size_t count, int peer, int tag, treeline_mpi_transfer **transfer);
/// Starts to receive as many bytes at most.
int treeline_mpi_receive(size_t count, int peer, int tag, treeline_mpi_transfer **transfer);
/// Looks whether a message has finished, and how many bytes have been received.
int treeline_mpi_test(treeline_mpi_transfer *transfer, int *done, size_t *received);
/// The bytes of a message.
const void *treeline_mpi_bytes(const treeline_mpi_transfer *transfer);
/// Frees a message that has finished, or gives up one that has not.
void treeline_mpi_release(treeline_mpi_transfer *transfer);
/// Lets another process have the processor.
void treeline_mpi_yield(void);

/// Combines units of `source` into as many of `target`.
typedef void treeline_mpi_operator(const void *source, void *target, size_t units, const void *context);

/// MPI_Allreduce in place under an operator of ours. A unit is one element of a contiguous type, so that MPI may cut
/// between units and never inside one.
int treeline_mpi_all_reduce(
    void *units, size_t count, size_t bytes_per_unit, treeline_mpi_operator *combine, const void *context,
    double deadline, const char *what);
/// Gives all ranks the bytes of rank 0.
int treeline_mpi_broadcast(void *bytes, size_t count, double deadline, const char *what);
/// Replaces each number by the largest of all ranks; on rank 0 TREELINE_MPI_TOLD once treeline_mpi_told has something to say,
/// and nothing can be asked of MPI then but to end all ranks.
#define TREELINE_MPI_TOLD (-1)
int treeline_mpi_largest(double *numbers, size_t count, double deadline, const char *what);
/// The number of this rank among those of its machine.
int treeline_mpi_local_rank(double deadline, const char *what, int *rank);
/// Ends the process as said above, unless treeline_mpi_end_limit is called in time: around what waits for other ranks in
/// another library.
void treeline_mpi_begin_limit(double deadline, const char *what);
void treeline_mpi_end_limit(void);
/// Gathers numbers on rank 0.
int treeline_mpi_gather(const double *own, size_t count, double *all, double deadline, const char *what);

/// Tells rank 0 why this rank can't go on, and waits so many seconds for rank 0 to end all ranks.
void treeline_mpi_tell(const char *text, double grace);
/// What another rank has told rank 0: 1 with its text and number, 0 where none has; asks for nothing that waits.
int treeline_mpi_told(char *text, size_t size, int *rank);

/// What this rank has asked MPI to move, as MPI_Isend, MPI_Irecv and MPI_Allreduce were called.
typedef struct {
  int64_t sent;
  int64_t received;
  int64_t messages_sent;
  int64_t reduced;
} treeline_mpi_traffic;

treeline_mpi_traffic treeline_mpi_traffic_so_far(void);

#endif
