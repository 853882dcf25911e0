# Compiler settings that hold for every target of ours.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

set(ROUTE_SANITIZE "" CACHE STRING "Sanitizers to build with, as for -fsanitize=")
option(ROUTE_FUZZ "Build the libFuzzer targets (needs clang)" OFF)
option(ROUTE_SEEDED_FAULTS "Build a second routec, with faults, that a test of routeaudit turns on; it is not installed" OFF)

find_program(ROUTE_CCACHE ccache)
if(ROUTE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${ROUTE_CCACHE})
endif()

find_program(ROUTE_MOLD mold)
if(ROUTE_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-fno-omit-frame-pointer)
if(ROUTE_SANITIZE)
  add_compile_options(-fsanitize=${ROUTE_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ROUTE_SANITIZE})
endif()
if(ROUTE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# Warnings are errors on our own code; third-party headers come in as SYSTEM.
add_library(route_warnings INTERFACE)
target_compile_options(route_warnings INTERFACE -Wall -Wextra -Wconversion -Wshadow -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports these falsely inside std::variant, std::string and coroutine frames at -O2.
  target_compile_options(route_warnings INTERFACE
    -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds -Wno-mismatched-new-delete)
elseif(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # libstdc++ 12 uses what it has itself deprecated, and clang says so wherever such a template is instantiated. Signs are
  # part of -Wconversion for clang, and not for g++ in C++.
  target_compile_options(route_warnings INTERFACE -Wno-deprecated-declarations -Wno-sign-conversion)
endif()

# Sources include each other by their path from the repository's root.
include_directories(${CMAKE_SOURCE_DIR})
