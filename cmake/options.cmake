# What every target of the project is compiled and linked with.
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(CURL REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Threads REQUIRED)
find_program(CCACHE ccache)
if(CCACHE)
    # clang writes a time stamp into a precompiled header unless told not to; with it no compile is ever a cache hit.
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
        CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
endif()

add_library(soteria_options INTERFACE)
target_compile_features(soteria_options INTERFACE cxx_std_20)
target_include_directories(soteria_options INTERFACE "${CMAKE_SOURCE_DIR}/headers")
target_compile_options(soteria_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Werror)
target_compile_definitions(soteria_options INTERFACE
    BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
    BOOST_ASIO_DISABLE_BOOST_COROUTINE SOTERIA_VERSION="${PROJECT_VERSION}")
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    target_compile_options(soteria_options INTERFACE "SHELL:-Xclang -fno-pch-timestamp")
    target_link_options(soteria_options INTERFACE -fuse-ld=lld-16)
else()
    # g++ 12 sees dangling and uninitialised variables inside inlined Boost and std code where there are none.
    target_compile_options(soteria_options INTERFACE -Wno-maybe-uninitialized -Wno-dangling-pointer -Wno-restrict
        -Wno-mismatched-new-delete -Wno-array-bounds -Wno-stringop-overflow)
endif()
if(SOTERIA_SANITIZE)
    target_compile_options(soteria_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all
        -fno-omit-frame-pointer)
    target_link_options(soteria_options INTERFACE -fsanitize=address,undefined)
endif()
target_link_libraries(soteria_options INTERFACE Boost::headers Boost::json Boost::url Threads::Threads)

# Asio and Beast, compiled once.
add_library(soteria_boost STATIC "${CMAKE_SOURCE_DIR}/source/boost/asio.cpp" "${CMAKE_SOURCE_DIR}/source/boost/beast.cpp"
    "${CMAKE_SOURCE_DIR}/source/boost/precompiled.cpp")
target_link_libraries(soteria_boost PUBLIC soteria_options OpenSSL::SSL)
target_precompile_headers(soteria_boost PRIVATE "${CMAKE_SOURCE_DIR}/source/boost/precompiled.hpp")
set_source_files_properties("${CMAKE_SOURCE_DIR}/source/boost/asio.cpp" "${CMAKE_SOURCE_DIR}/source/boost/beast.cpp"
    PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
