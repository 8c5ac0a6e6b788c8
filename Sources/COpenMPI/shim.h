// The system's Open MPI, for CMPI's compiler and linker flags. Its handles are macros that cast pointers, which Swift
// can't import, so that no Swift module imports this.
#include <mpi.h>
