# libfootlight, shared and static: the C interface and all that it stands on, from the objects that the
# program is made of. Which boxes and libraries that are follows from who uses whom.

function(footlight_walk BOX)
  get_property(seen GLOBAL PROPERTY FOOTLIGHT_LIBRARY_BOXES)
  if(BOX IN_LIST seen)
    return()
  endif()
  set_property(GLOBAL APPEND PROPERTY FOOTLIGHT_LIBRARY_BOXES ${BOX})
  get_target_property(uses ${BOX} LINK_LIBRARIES)
  foreach(use IN LISTS uses)
    if(use MATCHES "^footlight::(.+)")
      footlight_walk(footlight_${CMAKE_MATCH_1})
    elseif(NOT use STREQUAL "footlight_options")
      set_property(GLOBAL APPEND PROPERTY FOOTLIGHT_LIBRARY_NEEDS ${use})
    endif()
  endforeach()
endfunction()
footlight_walk(footlight_c)
get_property(boxes GLOBAL PROPERTY FOOTLIGHT_LIBRARY_BOXES)
get_property(needs GLOBAL PROPERTY FOOTLIGHT_LIBRARY_NEEDS)
list(REMOVE_DUPLICATES needs)
list(REMOVE_ITEM needs nlohmann_json::nlohmann_json Boost::headers)   # headers alone: nothing to link
list(TRANSFORM boxes REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>" OUTPUT_VARIABLE objects)

add_library(footlight_shared SHARED ${objects})
add_library(footlight_static STATIC ${objects})
foreach(kind shared static)
  set_target_properties(footlight_${kind} PROPERTIES OUTPUT_NAME footlight EXPORT_NAME ${kind} LINKER_LANGUAGE CXX
    ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR} LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
  target_include_directories(footlight_${kind} INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/runtime/include> $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/bindings/c>
    $<INSTALL_INTERFACE:include>)
  target_compile_features(footlight_${kind} INTERFACE cxx_std_20)
endforeach()
# Before 1.0 a minor version may change what hosts were linked to.
set_target_properties(footlight_shared PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
if(NOT FOOTLIGHT_SANITIZE)   # a sanitizer's symbols are the program's
  target_link_options(footlight_shared PRIVATE -Wl,--no-undefined)
endif()
target_link_options(footlight_shared PRIVATE -Wl,--version-script=${CMAKE_CURRENT_LIST_DIR}/exports.map)
set_property(TARGET footlight_shared APPEND PROPERTY LINK_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/exports.map)
target_link_libraries(footlight_shared PRIVATE ${needs} Threads::Threads)
target_link_libraries(footlight_static INTERFACE ${needs} Threads::Threads)
target_compile_definitions(footlight_static INTERFACE FOOTLIGHT_STATIC)
