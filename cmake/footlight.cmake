# What every target shares: warnings, sanitizers, precompiled headers, and the two functions that
# declare a box and a test program. File lists are written out, never globbed.

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(simdjson REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(date REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(CLI11 REQUIRED)
find_package(spdlog REQUIRED)
find_package(Catch2 2 REQUIRED)
pkg_check_modules(LUAJIT REQUIRED IMPORTED_TARGET luajit)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(NETTLE REQUIRED IMPORTED_TARGET nettle)
pkg_check_modules(ICAL REQUIRED IMPORTED_TARGET libical)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()

# Line tables are enough for a backtrace; locals, a third of the time of a build, are for the debug preset.
string(REPLACE "-g " "-g1 " CMAKE_CXX_FLAGS_RELWITHDEBINFO "${CMAKE_CXX_FLAGS_RELWITHDEBINFO}")

add_library(footlight_options INTERFACE)
# -pthread everywhere: it defines a macro, and a precompiled header asks for the same ones in each user.
target_compile_options(footlight_options INTERFACE -pthread)
target_compile_options(footlight_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Werror
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Woverloaded-virtual>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Designated initialisers leave the rest at its default on purpose; the others are false alarms of g++ 12.
  target_compile_options(footlight_options INTERFACE
    -Wno-missing-field-initializers -Wno-restrict -Wno-maybe-uninitialized -Wno-array-bounds -Wno-stringop-overflow)
endif()
# Test programs run for seconds: what they gain from optimising is less than what it costs to build them.
add_library(footlight_test_options INTERFACE)
target_link_libraries(footlight_test_options INTERFACE footlight_options)
target_compile_options(footlight_test_options INTERFACE $<$<CONFIG:RelWithDebInfo>:-O0>)
if(FOOTLIGHT_SANITIZE)
  # Beast's coroutine frames, inlined as far as a sanitizer lets them be, look like a mismatched delete to g++ 12;
  # and the thread sanitizer does not follow the fences of Asio, which order what locks order as well.
  add_compile_options(-fsanitize=${FOOTLIGHT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -Wno-mismatched-new-delete -Wno-tsan)
  add_link_options(-fsanitize=${FOOTLIGHT_SANITIZE})
endif()
if(FOOTLIGHT_COVERAGE)
  add_compile_options(--coverage -O0)
  add_link_options(--coverage)
endif()

# The precompiled header of all boxes: what nearly every file includes. It saves time and hides nothing:
# the lint build does without. Boxes are compiled once, fit for the program, the static and the shared library alike.
add_library(footlight_pch OBJECT ${PROJECT_SOURCE_DIR}/cmake/pch.cc)
target_link_libraries(footlight_pch PRIVATE footlight_options)
set_target_properties(footlight_pch PROPERTIES POSITION_INDEPENDENT_CODE ON)
# What no request waits for is optimised less: it is faster to build so.
set(footlight_off_path $<$<CONFIG:RelWithDebInfo>:-O1>)
target_precompile_headers(footlight_pch PRIVATE
  <algorithm> <array> <atomic> <charconv> <chrono> <cmath> <condition_variable> <cstdint> <cstdio> <cstring> <deque> <functional>
  <limits> <map> <memory> <mutex> <optional> <set> <shared_mutex> <span> <string> <string_view> <thread> <tuple> <unordered_map>
  <unordered_set> <utility> <variant> <vector>)

# footlight_box(NAME base SOURCES a.cc b.cc USES footlight::model PRIVATELY PkgConfig::LUAJIT OFF_PATH c.cc)
# OFF_PATH: sources, of those in SOURCES, that no request waits for; `all`: the whole box.
function(footlight_box)
  cmake_parse_arguments(BOX "" "NAME" "SOURCES;USES;PRIVATELY;OFF_PATH" ${ARGN})
  if(BOX_OFF_PATH STREQUAL "all")
    set(BOX_OFF_PATH ${BOX_SOURCES})
  endif()
  if(BOX_OFF_PATH)
    set_source_files_properties(${BOX_OFF_PATH} PROPERTIES COMPILE_OPTIONS "${footlight_off_path}")
  endif()
  add_library(footlight_${BOX_NAME} STATIC ${BOX_SOURCES})
  add_library(footlight::${BOX_NAME} ALIAS footlight_${BOX_NAME})
  target_include_directories(footlight_${BOX_NAME} PUBLIC
    ${PROJECT_SOURCE_DIR}/runtime ${PROJECT_SOURCE_DIR}/runtime/include ${PROJECT_SOURCE_DIR})
  target_link_libraries(footlight_${BOX_NAME} PUBLIC ${BOX_USES} PRIVATE footlight_options ${BOX_PRIVATELY})
  set_target_properties(footlight_${BOX_NAME} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_precompile_headers(footlight_${BOX_NAME} REUSE_FROM footlight_pch)
endfunction()

# footlight_test(NAME unit_base SOURCES a_test.cc USES footlight::base): one Catch2 program, one ctest.
# THREADED: what it tests has threads, so it is one of those that the thread sanitizer runs.
add_custom_target(unit_tests)
add_custom_target(threaded_tests)
function(footlight_test)
  cmake_parse_arguments(TEST "THREADED" "NAME" "SOURCES;USES" ${ARGN})
  add_executable(${TEST_NAME} ${TEST_SOURCES})
  target_link_libraries(${TEST_NAME} PRIVATE footlight_test_options footlight_test_main ${TEST_USES})
  target_precompile_headers(${TEST_NAME} REUSE_FROM footlight_test_pch)
  add_test(NAME ${TEST_NAME} COMMAND ${TEST_NAME} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  add_dependencies(unit_tests ${TEST_NAME})
  if(TEST_THREADED)
    set_tests_properties(${TEST_NAME} PROPERTIES LABELS threads)
    add_dependencies(threaded_tests ${TEST_NAME})
  endif()
endfunction()

# footlight_embed(TARGET NAME scripts/prelude/x.lua): the file's text as a string within the target.
function(footlight_embed TARGET NAME FILE)
  set(OUT ${CMAKE_CURRENT_BINARY_DIR}/${NAME}.cc)
  add_custom_command(OUTPUT ${OUT}
    COMMAND ${CMAKE_COMMAND} -DIN=${PROJECT_SOURCE_DIR}/${FILE} -DOUT=${OUT} -DNAME=${NAME} -DLABEL=${FILE}
            -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${PROJECT_SOURCE_DIR}/${FILE} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake VERBATIM)
  target_sources(${TARGET} PRIVATE ${OUT})
endfunction()
