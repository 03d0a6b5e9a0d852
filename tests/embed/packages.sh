#!/usr/bin/env bash
# usage: packages.sh BUILD SCRATCH
# Makes the Debian packages, unpacks them, and looks whether what is in them works.
set -euo pipefail
export LC_ALL=C.UTF-8
build=$1 scratch=$2
die() { echo "$*" >&2; exit 1; }
rm -rf "$scratch" && mkdir -p "$scratch" && cd "$scratch"
cpack -G DEB --config "$build/CPackConfig.cmake" -B "$scratch/made" > log 2>&1 || { cat log; die "cpack fails"; }
shopt -s nullglob
packages=("$scratch"/made/*.deb)
(( ${#packages[@]} == 3 )) || die "not three packages: ${packages[*]}"
for package in "${packages[@]}"; do
  dpkg-deb -x "$package" root
  dpkg-deb -I "$package" > "$(dpkg-deb -f "$package" Package).info"
done
has() { [[ -e root/$1 ]] || { find root -type f >&2; die "no /$1 in the packages"; }; }
version=$(root/usr/bin/footlight --version)

# The program, its manual, its completion, its unit.
has usr/share/footlight/examples/start/workspace.lua
root/usr/bin/footlight test root/usr/share/footlight/examples/start > log || { cat log; die "the packaged example fails on the packaged program"; }
has usr/share/man/man1/footlight.1
for command in $(root/usr/bin/footlight --help | sed -n '/^Subcommands:/,/^$/p' | awk '/^  [a-z]/ {print $1}'); do
  grep -qF ".B footlight ${command//-/\\-}" root/usr/share/man/man1/footlight.1 || die "the manual does not know \`$command\`"
done
if command -v man > /dev/null; then
  warnings=$(MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z root/usr/share/man/man1/footlight.1 2>&1 > /dev/null)
  [[ -z $warnings ]] || die "the manual: $warnings"
fi
# completes WORD...: what bash offers for the last of them.
completes() {
  bash -c 'source root/usr/share/bash-completion/completions/footlight; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _footlight; printf "%s\n" "${COMPREPLY[@]}"' - footlight "$@"
}
[[ $(completes dec) == decide ]] || die "completion of a command: $(completes dec)"
[[ $(completes test --for) == --format ]] || die "completion of an option: $(completes test --for)"
[[ $(completes test --format j) == junit ]] || die "completion of a value: $(completes test --format j)"
[[ $(completes check ro) == root ]] || die "completion of a folder: $(completes check ro)"
[[ $(completes docs co) == completion ]] || die "completion of a word: $(completes docs co)"
has usr/lib/systemd/system/footlight.service
if command -v systemd-analyze > /dev/null; then
  sed "s|=footlight |=$scratch/root/usr/bin/footlight |; /^Documentation/d" root/usr/lib/systemd/system/footlight.service > footlight.service
  faults=$(SYSTEMD_LOG_LEVEL=warning systemd-analyze verify --man=no ./footlight.service 2>&1 | grep footlight.service || true)
  [[ -z $faults ]] || die "the unit: $faults"
fi

# The library and what hosts are developed with.
soname=$(echo "$version" | cut -d. -f1,2)
lib=$(dirname "$(find root -name "libfootlight.so.$version")")
[[ -L $lib/libfootlight.so.$soname && -L $lib/libfootlight.so ]] || die "the links beside libfootlight.so.$version are missing"
for file in include/footlight/footlight.h include/footlight_c.h; do has "usr/$file"; done
[[ -f $lib/libfootlight.a && -f $lib/pkgconfig/footlight.pc && -f $lib/cmake/footlight/footlight-config.cmake ]] || die "libfootlight-dev lacks something"
printf '#include <footlight_c.h>\n#include <stdio.h>\nint main(void) { puts(footlight_version()); return 0; }\n' > host.c
cc host.c -Iroot/usr/include -L"$lib" -lfootlight -o host
[[ $(LD_LIBRARY_PATH=$lib ./host) == "$version" ]] || die "a host on the packages does not run"

# Who needs whom.
grep -q "Depends:.*libluajit-5.1-2.*" footlight.info && grep -q "Depends:.*libsqlite3-0" footlight.info || die "the program's dependencies: $(cat footlight.info)"
grep -q "Depends:.*tzdata" "libfootlight$soname.info" || die "the library's dependencies: $(cat "libfootlight$soname.info")"
grep -q "Depends:.*libfootlight$soname (= $version)" libfootlight-dev.info || die "the headers' dependencies: $(cat libfootlight-dev.info)"
[[ $(dpkg-deb -I "$scratch"/made/libfootlight"$soname"_*.deb triggers) == *ldconfig* ]] || die "no trigger for ldconfig"
for package in footlight "libfootlight$soname" libfootlight-dev; do has "usr/share/doc/$package/copyright"; done
echo "ok: $(cd made && echo *.deb)"
