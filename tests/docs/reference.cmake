# Compares COMMITTED with what `PROGRAM docs PAGE` prints; the difference is left in PRINTED.
execute_process(COMMAND "${PROGRAM}" docs "${PAGE}" OUTPUT_FILE "${PRINTED}" ERROR_VARIABLE ERROR RESULT_VARIABLE STATUS)
if(NOT STATUS EQUAL 0)
  message(FATAL_ERROR "`footlight docs ${PAGE}` ended with ${STATUS}: ${ERROR}")
endif()
execute_process(COMMAND "${CMAKE_COMMAND}" -E compare_files "${COMMITTED}" "${PRINTED}" RESULT_VARIABLE STATUS ERROR_QUIET)
if(NOT STATUS EQUAL 0)
  message(FATAL_ERROR "docs/reference/${PAGE}.md is not what the program says; print it anew and review the difference:\n"
    "  build/footlight docs ${PAGE} > docs/reference/${PAGE}.md && git diff docs/reference/${PAGE}.md")
endif()
