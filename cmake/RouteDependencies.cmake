# Third-party packages, all from Debian 12. Each is found once, here, and fails with the package's name.

function(route_require_header header package)
  string(MAKE_C_IDENTIFIER "ROUTE_HAVE_${header}" variable)
  find_path(${variable} ${header})
  if(NOT ${variable})
    message(FATAL_ERROR "${header} was not found: apt-get install ${package} (or run ./scripts/install-packages)")
  endif()
endfunction()

find_package(Threads REQUIRED)
route_require_header(nlohmann/json.hpp nlohmann-json3-dev)
route_require_header(CLI/CLI.hpp libcli11-dev)
route_require_header(z3++.h libz3-dev)
route_require_header(openssl/ssl.h libssl-dev)
route_require_header(nghttp2/nghttp2.h libnghttp2-dev)
route_require_header(boost/beast.hpp libboost1.81-dev)
route_require_header(doctest/doctest.h doctest-dev)
route_require_header(simdjson.h libsimdjson-dev)
route_require_header(xxhash.h libxxhash-dev)
route_require_header(re2/re2.h libre2-dev)
route_require_header(cadical.hpp libcadical-dev)
route_require_header(zlib.h zlib1g-dev)
find_package(ZLIB REQUIRED)
find_package(OpenSSL REQUIRED)
route_require_header(unicode/uspoof.h libicu-dev)
find_package(ICU REQUIRED COMPONENTS i18n uc)  # of the tests: what compiler/base/lookalike.cpp is compared with

# --- LLVM Support: linked statically, which starts in 1 ms where the shared library takes 15 ms.
find_package(LLVM 19.1 CONFIG QUIET PATHS /usr/lib/llvm-19/lib/cmake/llvm)
if(NOT LLVM_FOUND)
  message(FATAL_ERROR "LLVM 19 was not found: apt-get install llvm-19-dev libzstd-dev zlib1g-dev")
endif()
add_library(route_llvm_support INTERFACE)
add_library(route::llvm_support ALIAS route_llvm_support)
target_include_directories(route_llvm_support SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS})
target_link_libraries(route_llvm_support INTERFACE LLVMSupport)

# --- Z3
find_library(ROUTE_Z3_LIBRARY z3 REQUIRED)
add_library(route_z3 INTERFACE)
add_library(route::z3 ALIAS route_z3)
target_link_libraries(route_z3 INTERFACE ${ROUTE_Z3_LIBRARY})

# --- CaDiCaL
find_library(ROUTE_CADICAL_LIBRARY cadical REQUIRED)
add_library(route_cadical INTERFACE)
add_library(route::cadical ALIAS route_cadical)
target_link_libraries(route_cadical INTERFACE ${ROUTE_CADICAL_LIBRARY})

# --- ANTLR: the tool and the runtime must speak the same serialized-grammar version. Debian 12 ships the
# 4.7.2 tool and the 4.9 runtime, which do (version 3); 4.10 and later changed it.
find_program(ROUTE_ANTLR antlr4)
if(NOT ROUTE_ANTLR)
  message(FATAL_ERROR "the ANTLR tool was not found: apt-get install antlr4")
endif()
execute_process(COMMAND ${ROUTE_ANTLR} OUTPUT_VARIABLE antlr_banner ERROR_VARIABLE antlr_banner)
string(REGEX MATCH "Version ([0-9]+)\\.([0-9]+)" antlr_version "${antlr_banner}")
set(antlr_tool "${CMAKE_MATCH_1}.${CMAKE_MATCH_2}")
find_path(ROUTE_ANTLR_INCLUDE antlr4-runtime.h PATH_SUFFIXES antlr4-runtime)
find_library(ROUTE_ANTLR_LIBRARY NAMES libantlr4-runtime.a)
if(NOT ROUTE_ANTLR_INCLUDE OR NOT ROUTE_ANTLR_LIBRARY)
  message(FATAL_ERROR "the ANTLR C++ runtime was not found: apt-get install libantlr4-runtime-dev uuid-dev")
endif()
cmake_path(GET ROUTE_ANTLR_LIBRARY PARENT_PATH ROUTE_ANTLR_LIBRARY_DIR)
file(GLOB antlr_shared "${ROUTE_ANTLR_LIBRARY_DIR}/libantlr4-runtime.so.4.*")
string(REGEX MATCH "so\\.(4\\.[0-9]+)" antlr_runtime "${antlr_shared}")
set(antlr_runtime "${CMAKE_MATCH_1}")
set(antlr_compatible "4.7;4.8;4.9")
if(NOT antlr_tool IN_LIST antlr_compatible)
  message(FATAL_ERROR
    "the ANTLR tool ${ROUTE_ANTLR} is version '${antlr_tool}', which writes a grammar format that the C++ runtime of "
    "Debian 12 (4.9) cannot read: use 4.7 to 4.9 (Debian 12's package antlr4), or set -DROUTE_ANTLR=/path/to/antlr4")
endif()
if(antlr_runtime AND NOT antlr_runtime IN_LIST antlr_compatible)
  message(FATAL_ERROR
    "the ANTLR C++ runtime ${ROUTE_ANTLR_LIBRARY} is version '${antlr_runtime}', but the tool is ${antlr_tool}: "
    "install Debian 12's libantlr4-runtime-dev (4.9)")
endif()
find_library(ROUTE_UUID_LIBRARY uuid)
add_library(route_antlr INTERFACE)
add_library(route::antlr ALIAS route_antlr)
target_include_directories(route_antlr SYSTEM INTERFACE ${ROUTE_ANTLR_INCLUDE})
target_link_libraries(route_antlr INTERFACE ${ROUTE_ANTLR_LIBRARY} ${ROUTE_UUID_LIBRARY} Threads::Threads)

# --- RE2
find_library(ROUTE_RE2_LIBRARY re2 REQUIRED)
add_library(route_re2 INTERFACE)
add_library(route::re2 ALIAS route_re2)
target_link_libraries(route_re2 INTERFACE ${ROUTE_RE2_LIBRARY} Threads::Threads)

# --- Time zones: Howard Hinnant's library, which the standard's own (C++20) was made from and g++ 12 does not have yet.
find_package(date CONFIG QUIET)
if(NOT date_FOUND)
  message(FATAL_ERROR "the time zone library was not found: apt-get install libhowardhinnant-date-dev tzdata")
endif()
add_library(route_time_zones INTERFACE)
add_library(route::time_zones ALIAS route_time_zones)
target_link_libraries(route_time_zones INTERFACE date::date-tz)

# --- nghttp2: the frames of HTTP/2
find_library(ROUTE_NGHTTP2_LIBRARY nghttp2 REQUIRED)
add_library(route_nghttp2 INTERFACE)
add_library(route::nghttp2 ALIAS route_nghttp2)
target_link_libraries(route_nghttp2 INTERFACE ${ROUTE_NGHTTP2_LIBRARY})

# --- simdjson
find_library(ROUTE_SIMDJSON_LIBRARY simdjson REQUIRED)
add_library(route_simdjson INTERFACE)
add_library(route::simdjson ALIAS route_simdjson)
target_link_libraries(route_simdjson INTERFACE ${ROUTE_SIMDJSON_LIBRARY})

# --- SQLite
find_package(SQLite3 QUIET)
if(NOT SQLite3_FOUND)
  message(FATAL_ERROR "SQLite was not found: apt-get install libsqlite3-dev")
endif()
add_library(route_sqlite INTERFACE)
add_library(route::sqlite ALIAS route_sqlite)
target_link_libraries(route_sqlite INTERFACE SQLite::SQLite3)

# --- mimalloc: the gateway's malloc. Sanitizers bring their own.
add_library(route_malloc INTERFACE)
add_library(route::malloc ALIAS route_malloc)
if(NOT ROUTE_SANITIZE)
  find_library(ROUTE_MIMALLOC_LIBRARY mimalloc)
  if(NOT ROUTE_MIMALLOC_LIBRARY)
    message(FATAL_ERROR "mimalloc was not found: apt-get install libmimalloc-dev")
  endif()
  target_link_libraries(route_malloc INTERFACE ${ROUTE_MIMALLOC_LIBRARY})
endif()

# --- doctest's main, compiled once
add_library(route_doctest_main STATIC ${CMAKE_SOURCE_DIR}/tests/support/doctest_main.cpp)
add_library(route::doctest_main ALIAS route_doctest_main)
