# route_library(NAME SOURCES a.cpp ... [LINK targets ...])
# One library a folder, known to others only by its alias route::NAME.
function(route_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  add_library(route_${name} STATIC ${ARG_SOURCES})
  add_library(route::${name} ALIAS route_${name})
  target_link_libraries(route_${name} PUBLIC ${ARG_LINK} PRIVATE ${ARG_PRIVATE_LINK} route_warnings)
endfunction()

# route_program(NAME SOURCES main.cpp ... [LINK targets ...]): an executable in bin/.
function(route_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} route_warnings)
endfunction()

# route_test(NAME SOURCES a.cpp ... [LINK targets ...]): a doctest program, run by ctest as one test.
function(route_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} route::doctest_main route_warnings)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT 600)
endfunction()

# route_embed(OUTPUT x.cpp HEADER folder/x.h FUNCTION route::x::Files ROOT folder FILES a b ...)
# A generated source file that holds the files, so that the program needs none of them where it is installed.
function(route_embed)
  cmake_parse_arguments(ARG "" "OUTPUT;HEADER;FUNCTION;ROOT" "FILES" ${ARGN})
  add_custom_command(
    OUTPUT ${ARG_OUTPUT}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${ARG_OUTPUT} -DHEADER=${ARG_HEADER} -DFUNCTION=${ARG_FUNCTION} -DROOT=${ARG_ROOT}
            "-DFILES=${ARG_FILES}" -P ${CMAKE_SOURCE_DIR}/cmake/EmbedFiles.cmake
    DEPENDS ${ARG_FILES} ${CMAKE_SOURCE_DIR}/cmake/EmbedFiles.cmake
    COMMENT "Embedding the files of ${ARG_HEADER}"
    VERBATIM)
endfunction()
