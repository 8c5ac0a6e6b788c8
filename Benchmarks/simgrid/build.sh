#!/bin/sh
# Builds treeline_simgrid.
#
#     build.sh [OUTPUT]    by default .build/simgrid/treeline_simgrid of the repository
#     build.sh --check     only says what is missing, if anything
#
# Exit code 77, as in Automake's test suites, says that there is no compiler or no SimGrid to build with.
set -eu

folder=$(cd "$(dirname "$0")" && pwd)
output=${1:-$folder/../../.build/simgrid/treeline_simgrid}

if ! command -v g++ > /dev/null; then
  echo "no g++; on Debian: apt-get install -y g++" >&2
  exit 77
fi
if ! echo '#include <simgrid/s4u.hpp>' | g++ -std=c++17 -x c++ -E - > /dev/null 2>&1; then
  echo "no SimGrid headers; on Debian: apt-get install -y libsimgrid-dev" >&2
  exit 77
fi
if [ "$output" = --check ]; then exit 0; fi
mkdir -p "$(dirname "$output")"
g++ -std=c++17 -O2 -Wall -Wextra -Werror "$folder/treeline_simgrid.cpp" -lsimgrid -o "$output"
