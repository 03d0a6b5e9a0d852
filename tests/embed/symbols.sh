#!/usr/bin/env bash
# usage: symbols.sh LIBRARY SOURCE NM
# What the shared library shows: of C exactly what symbols.txt lists and the header declares, of C++ what public
# headers declare, and nothing else. A new line in symbols.txt is a promise to hosts that were linked before.
set -euo pipefail
export LC_ALL=C
library=$1 source=$2 nm=$3
shown=$("$nm" -D --defined-only "$library" | awk '{print $3}')
status=0

diff <(grep -v '^#' "$source/tests/embed/symbols.txt") <(grep '^footlight_' <<<"$shown" | sort) ||
  { echo "the library does not show what tests/embed/symbols.txt lists (<)"; status=1; }
diff <(grep -v '^#' "$source/tests/embed/symbols.txt") \
     <(grep -oE '^FOOTLIGHT_C_API .*' "$source/bindings/c/footlight_c.h" | grep -oE 'footlight_[a-z_]+\(' | tr -d '(' | sort) ||
  { echo "the header does not declare what tests/embed/symbols.txt lists (<)"; status=1; }

grep -q "Runtime::State::" <<<"$(c++filt <<<"$shown")" && { echo "the inside of Runtime is shown"; status=1; }
cpp=$(grep -v '^footlight_' <<<"$shown" | c++filt)
others=$(grep -vE '^(typeinfo (name )?for |vtable for )?footlight::' <<<"$cpp" || true)
[[ -z $others ]] || { printf 'neither C nor footlight:::\n%s\n' "$others"; status=1; }
# A class of ours that no public header names.
while read -r name; do
  grep -l FOOTLIGHT_API "$source"/runtime/include/footlight/*.h | xargs grep -qE "\b$name\b" || { echo "footlight::$name is shown, and in no public header"; status=1; }
done < <(grep -oE '^(typeinfo (name )?for |vtable for )?footlight::[A-Za-z_0-9]+' <<<"$cpp" | sed 's/.*:://' | sort -u)
(( $(wc -l <<<"$cpp") > 50 )) || { echo "hardly any C++ is shown; is this the library?"; status=1; }
exit $status
