// The system's OpenBLAS: matrix products, and what it says of itself.
#include <cblas.h>
