# What `cmake --install` puts where, and the Debian packages that CPack makes of it: `footlight` (the
# program), `libfootlight` (the shared library), `libfootlight-dev` (headers, static library, what finds them).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/footlight)

# ---- program
install(TARGETS footlight RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
install(DIRECTORY scripts/examples DESTINATION ${CMAKE_INSTALL_DATADIR}/footlight COMPONENT program)
# The manual and the completion are printed from the options that the program has.
foreach(page man completion)
  add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/footlight.${page}
    COMMAND footlight docs ${page} > ${PROJECT_BINARY_DIR}/footlight.${page} DEPENDS footlight VERBATIM)
endforeach()
add_custom_target(footlight_manual ALL DEPENDS ${PROJECT_BINARY_DIR}/footlight.man ${PROJECT_BINARY_DIR}/footlight.completion)
install(FILES ${PROJECT_BINARY_DIR}/footlight.man DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 RENAME footlight.1 COMPONENT program)
install(FILES ${PROJECT_BINARY_DIR}/footlight.completion DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
  RENAME footlight COMPONENT program)
install(FILES cmake/package/footlight.service DESTINATION lib/systemd/system COMPONENT program)

# ---- library
install(TARGETS footlight_shared EXPORT footlight-shared
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT development)
install(TARGETS footlight_static EXPORT footlight-static ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
# Stripping leaves static libraries as they are; nobody debugs a packaged one.
install(CODE "if(CMAKE_INSTALL_DO_STRIP)
  execute_process(COMMAND \"${CMAKE_STRIP}\" --strip-debug \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/libfootlight.a\")
endif()" COMPONENT development)
set(headers footlight decision error export lifecycle store time value version)
list(TRANSFORM headers REPLACE "(.+)" "runtime/include/footlight/\\1.h")
install(FILES ${headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/footlight COMPONENT development)
install(FILES bindings/c/footlight_c.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)
foreach(kind shared static)
  install(EXPORT footlight-${kind} NAMESPACE footlight:: DESTINATION ${package_dir} COMPONENT development)
endforeach()
configure_package_config_file(cmake/package/footlight-config.cmake.in ${PROJECT_BINARY_DIR}/footlight-config.cmake
  INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/footlight-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/footlight-config.cmake ${PROJECT_BINARY_DIR}/footlight-config-version.cmake
  DESTINATION ${package_dir} COMPONENT development)
file(RELATIVE_PATH PC_TO_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" PC_TO_PREFIX ${PC_TO_PREFIX})
foreach(file footlight.pc footlight-static.pc)
  configure_file(cmake/package/${file}.in ${PROJECT_BINARY_DIR}/${file} @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${file} DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
endforeach()

# ---- packages: cpack -G DEB --config build/CPackConfig.cmake
set(soname ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
foreach(package footlight libfootlight${soname} libfootlight-dev)
  if(package STREQUAL "footlight")
    set(component program)
  elseif(package STREQUAL "libfootlight-dev")
    set(component development)
  else()
    set(component library)
  endif()
  install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package} RENAME copyright COMPONENT ${component})
endforeach()
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_CONTACT "The Footlight developers <footlight@localhost>")
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL program library development)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME footlight)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION web)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_DEPENDS tzdata)
set(CPACK_DEBIAN_PROGRAM_DESCRIPTION "runtime for code-based experiences
 Decides which content an application shows, by surface, audience, schedule and
 priority, with a native lifecycle and policies in Lua. This is the program:
 checks, tests and serves workspaces.")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libfootlight${soname})
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_DEPENDS tzdata)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/cmake/package/triggers)
set(CPACK_DEBIAN_LIBRARY_DESCRIPTION "runtime for code-based experiences, as a library
 Decides in the process of its host, in C++ and C.")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libfootlight-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "libfootlight${soname} (= ${PROJECT_VERSION})")
# What the static library is linked with.
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_RECOMMENDS
  "libluajit-5.1-dev, libsodium-dev, nettle-dev, libre2-dev, libsimdjson-dev, libsqlite3-dev, libhowardhinnant-date-dev")
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION "runtime for code-based experiences, to develop hosts with
 Headers for C++ and C, the static library, and what CMake and pkg-config find
 them by.")
include(CPack)
