// A deadline for calls that block inside MPI, where no loop of ours can look at a clock.
#ifndef TREELINE_CMPI_DEADLINE_H
#define TREELINE_CMPI_DEADLINE_H

/// The process ends with exit code 69 and a line on standard error unless end_deadline comes within some seconds.
void begin_deadline(double seconds, const char *what);
void end_deadline(void);

#endif
