#!/usr/bin/env bash
# usage: installed.sh BUILD SOURCE PREFIX
# Installs into an empty prefix, moves it, and builds and runs hosts on that alone: with CMake and with pkg-config,
# in C++ and in C, shared and static, and the host that footlight.h begins with. Leaves PREFIX for others to use.
set -euo pipefail
export LC_ALL=C.UTF-8
build=$1 source=$2 prefix=$3
die() { echo "$*" >&2; exit 1; }
shopt -s nullglob

rm -rf "$prefix" "$prefix.first"
cmake --install "$build" --prefix "$prefix.first" > /dev/null
mv "$prefix.first" "$prefix"   # what was found where it was installed must be found where it is
libs=$(dirname "$(find "$prefix" -name libfootlight.a)")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Nothing but the door: the public headers, and each of them stands alone.
diff <(cd "$prefix/include" && find . -type f | sort) \
     <({ (cd "$source/runtime/include" && grep -l FOOTLIGHT_API -r .); echo ./footlight_c.h; } | sort) || die "other headers are installed than are public"
for header in "$prefix"/include/footlight/*.h; do echo "#include <footlight/$(basename "$header")>"; done > "$work/all.cc"
for line in $(seq "$(wc -l < "$work/all.cc")"); do sed -n "${line}p" "$work/all.cc" > "$work/one$line.cc"; done
printf '#include <footlight_c.h>\nint main(void) { return footlight_version() == 0; }\n' > "$work/alone.c"
(cd "$work" && printf '%s\0' one*.cc | xargs -0 -n 4 -P 2 c++ -std=c++20 -fsyntax-only -Wall -Wextra -Wpedantic -Werror "-I$prefix/include")
cc -std=c99 -fsyntax-only -Wall -Wextra -Wpedantic -Wstrict-prototypes -Werror "-I$prefix/include" "$work/alone.c"
if grep -lE '#include *[<"](nlohmann|boost|lua|sqlite3|date/|simdjson|sodium|nettle|spdlog|re2|libical)' "$prefix"/include/footlight/*.h; then die "a public header needs another's"; fi

# With CMake.
cmake -S "$source/tests/embed/hosts" -B "$work/hosts" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Debug > "$work/log" 2>&1 &&
  cmake --build "$work/hosts" -j2 >> "$work/log" 2>&1 || { cat "$work/log"; die "the hosts do not build with CMake"; }
# With pkg-config.
export PKG_CONFIG_PATH=$libs/pkgconfig
for kind in footlight footlight-static; do
  read -ra flags <<< "$(pkg-config --cflags --libs $kind)"
  cc -std=c11 "$source/tests/embed/hosts/host.c" "${flags[@]}" -o "$work/hosts/host_pkg_$kind"
done
[[ $(pkg-config --modversion footlight) == $("$prefix/bin/footlight" --version) ]] || die "pkg-config and the program are of different versions"
# The host in the tour of footlight.h, as it stands there.
sed -n '/A COMPLETE HOST/,/BY TASK/p' "$prefix/include/footlight/footlight.h" | sed '1d;$d' | sed -E 's|^//( {0,3})?||' > "$work/tour.cc"
c++ -std=c++20 -Wall -Wextra -Werror "$work/tour.cc" $(pkg-config --cflags --libs footlight) -o "$work/hosts/tour"

export LD_LIBRARY_PATH=$libs
[[ $("$work/hosts/tour") == 'Welcome back, Ann' ]] || die "the tour's host does not do what it says"
for host in "$work"/hosts/host_*; do
  [[ -x $host && -f $host ]] || continue
  said=$("$host") || die "$(basename "$host") ends with $?: $said"
  grep -q 'tea: 3 left' <<< "$said" || die "$(basename "$host") says: $said"
  ran=${ran:-}\ $(basename "$host")
done
grep -q '^ok the offer tells the stock' <<< "$("$work/hosts/host_cc_static")" || die "the host's tests do not run"
[[ $(wc -w <<< "$ran") == 6 ]] || die "not all hosts ran, but:$ran"
[[ $(ldd "$work/hosts/host_c_static") != *libfootlight* ]] || die "the static host needs the shared library"
needs=$(ldd "$work/hosts/host_c_shared")
[[ $needs == *"libfootlight.so"*"=> $prefix/"* ]] || die "the shared host found another library: $needs"
echo "ok:$ran tour"
