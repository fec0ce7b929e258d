# The console's files become one C++ source in the web module, made again when one of them changes.
function(soteria_embed_assets)
    get_target_property(type soteria_web TYPE)
    if(type STREQUAL "INTERFACE_LIBRARY")
        return()
    endif()
    file(GLOB_RECURSE files CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/assets/*")
    set(generated "${CMAKE_BINARY_DIR}/generated/assets.cpp")
    add_custom_command(
        OUTPUT "${generated}"
        COMMAND "${CMAKE_COMMAND}" "-DFOLDER=${CMAKE_SOURCE_DIR}/assets" "-DOUTPUT=${generated}"
                -P "${CMAKE_SOURCE_DIR}/cmake/embed_assets.cmake"
        DEPENDS ${files} "${CMAKE_SOURCE_DIR}/cmake/embed_assets.cmake"
        COMMENT "Embedding the console" VERBATIM)
    # A literal longer than what every compiler must take is fine for the two that are used.
    set_source_files_properties("${generated}" PROPERTIES
        SKIP_PRECOMPILE_HEADERS ON COMPILE_OPTIONS "-Wno-overlength-strings")
    target_sources(soteria_web PRIVATE "${generated}")
endfunction()

# The module is declared after this file was read.
cmake_language(DEFER CALL soteria_embed_assets)
