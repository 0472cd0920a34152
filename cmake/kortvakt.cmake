# How the project's targets are made.

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Other build folders of the same tree share what was compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=time_macros,pch_defines ${CCACHE})
endif()

add_library(kortvakt_options INTERFACE)
target_include_directories(kortvakt_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(kortvakt_options INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-qual -Woverloaded-virtual
  -Wimplicit-fallthrough -Wundef
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  $<$<BOOL:${KORTVAKT_WERROR}>:-Werror>)
target_compile_options(kortvakt_options INTERFACE -pthread)
target_link_libraries(kortvakt_options INTERFACE Threads::Threads)
if(KORTVAKT_FUZZ)
  target_compile_options(kortvakt_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(KORTVAKT_SANITIZE)
  target_compile_options(kortvakt_options INTERFACE -fsanitize=${KORTVAKT_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(kortvakt_options INTERFACE -fsanitize=${KORTVAKT_SANITIZE})
endif()

# Headers of other projects that most files include are compiled once for the
# libraries and once, with GoogleTest, for the tests: that is a third of the
# build. `release` does without, and so finds a file that forgot to include.
if(KORTVAKT_PCH)
  set(common_headers <algorithm> <array> <chrono> <filesystem> <functional> <map> <memory> <optional> <set> <string>
    <string_view> <utility> <vector> <absl/status/statusor.h> <absl/strings/str_cat.h> <absl/strings/str_join.h>
    <absl/strings/str_split.h> <absl/time/time.h>)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/pch/empty.cc CONTENT "")
  # What ccache asks of precompiled headers.
  target_compile_options(kortvakt_options INTERFACE
    $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fpch-preprocess>
    "$<$<COMPILE_LANG_AND_ID:CXX,Clang>:SHELL:-Xclang -fno-pch-timestamp>")
  add_library(kortvakt_pch STATIC ${CMAKE_BINARY_DIR}/pch/empty.cc)
  target_link_libraries(kortvakt_pch PRIVATE kortvakt_options absl::statusor absl::strings absl::time)
  target_precompile_headers(kortvakt_pch PRIVATE ${common_headers})
  if(KORTVAKT_TESTS)
    find_package(GTest REQUIRED)
    file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/pch/main.cc CONTENT "int main() {}\n")
    add_executable(kortvakt_test_pch ${CMAKE_BINARY_DIR}/pch/main.cc)
    target_link_libraries(kortvakt_test_pch PRIVATE kortvakt_options absl::statusor absl::strings absl::time GTest::gmock)
    target_precompile_headers(kortvakt_test_pch PRIVATE ${common_headers} <fstream> <thread> <gmock/gmock.h> <gtest/gtest.h>)
  endif()
endif()

# kortvakt_library(NAME SOURCES a.cc … [PUBLIC target …] [PRIVATE target …])
# One folder, one library. C libraries stay PRIVATE to the folder that wraps them.
function(kortvakt_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC kortvakt_options ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
  if(KORTVAKT_PCH)
    target_precompile_headers(${name} REUSE_FROM kortvakt_pch)
  endif()
endfunction()

# kortvakt_program(NAME SOURCES … LINK …)
function(kortvakt_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE kortvakt_options ${arg_LINK})
endfunction()

# kortvakt_test(NAME SOURCES … LINK … [LABEL unit|integration|system] [ENVIRONMENT A=B …] [SERIAL] [SANITIZED])
# SANITIZED: ./check runs it again under the sanitizers (what reads foreign bytes).
# A GoogleTest program; each test in it is a ctest test. Where the built
# programs are is told by the environment variable KORTVAKT_BIN, where the
# source tree is by KORTVAKT_SOURCE.
function(kortvakt_test name)
  cmake_parse_arguments(arg "SERIAL;SANITIZED" "LABEL;TIMEOUT" "SOURCES;LINK;ENVIRONMENT" ${ARGN})
  if(NOT arg_LABEL)
    set(arg_LABEL unit)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)  # a guard, on a machine that is busy with much else
  endif()
  add_executable(${name} ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/bin)
  target_link_libraries(${name} PRIVATE kortvakt_options ${arg_LINK} GTest::gtest GTest::gmock GTest::gtest_main)
  if(KORTVAKT_PCH)
    target_precompile_headers(${name} REUSE_FROM kortvakt_test_pch)
  endif()
  if(arg_SANITIZED)
    if(NOT TARGET sanitized_tests)
      add_custom_target(sanitized_tests)
    endif()
    add_dependencies(sanitized_tests ${name})
    set(arg_LABEL "${arg_LABEL}-sanitized")  # -L unit and -L sanitized are patterns, and both find it
  endif()
  # Lists do not survive gtest_discover_tests' PROPERTIES, and so no ENVIRONMENT of two: a launcher sets it.
  set_target_properties(${name} PROPERTIES CROSSCOMPILING_EMULATOR
    "${CMAKE_COMMAND};-E;env;KORTVAKT_BIN=${CMAKE_BINARY_DIR}/bin;KORTVAKT_SOURCE=${CMAKE_SOURCE_DIR};${arg_ENVIRONMENT}")
  set(properties LABELS "${arg_LABEL}" TIMEOUT ${arg_TIMEOUT})
  if(arg_SERIAL)
    list(APPEND properties RUN_SERIAL ON)
  endif()
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 PROPERTIES ${properties})
endfunction()
