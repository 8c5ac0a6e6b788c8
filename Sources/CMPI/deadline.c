#include "deadline.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

// A signal handler is given nothing but the signal.
static char line[1024];
static size_t length;

// Only what POSIX calls safe in a handler: MPI_Abort is not. mpirun ends the other ranks when one ends like this.
static void give_up(int signal) {
  (void)signal;
  ssize_t written = write(STDERR_FILENO, line, length);
  (void)written;
  _exit(69);
}

static void set_timer(double seconds) {
  struct itimerval timer = {{0, 0}, {(time_t)seconds, (suseconds_t)((seconds - (double)(time_t)seconds) * 1e6)}};
  setitimer(ITIMER_REAL, &timer, NULL);
}

void begin_deadline(double seconds, const char *what) {
  int count = snprintf(line, sizeof line, "treeline: error: %s\n", what);
  length = count < 0 ? 0 : (size_t)count < sizeof line ? (size_t)count : sizeof line - 1;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = give_up;
  sigaction(SIGALRM, &action, NULL);
  set_timer(seconds);
}

void end_deadline(void) { set_timer(0); }
