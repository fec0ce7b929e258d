# Files that become C++ sources in the web module, made again when one of them changes:
#   assets/   the console                                   -> web::assets()
#   openapi/  the parts of the description of the HTTP API  -> web::openapi_parts()
function(soteria_embed folder function)
    get_target_property(type soteria_web TYPE)
    if(type STREQUAL "INTERFACE_LIBRARY")
        return()
    endif()
    file(GLOB_RECURSE files CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/${folder}/*")
    set(generated "${CMAKE_BINARY_DIR}/generated/${folder}.cpp")
    add_custom_command(
        OUTPUT "${generated}"
        COMMAND "${CMAKE_COMMAND}" "-DFOLDER=${CMAKE_SOURCE_DIR}/${folder}" "-DFUNCTION=${function}"
                "-DOUTPUT=${generated}" -P "${CMAKE_SOURCE_DIR}/cmake/embed_assets.cmake"
        DEPENDS ${files} "${CMAKE_SOURCE_DIR}/cmake/embed_assets.cmake"
        COMMENT "Embedding ${folder}" VERBATIM)
    # A literal longer than what every compiler must take is fine for the two that are used.
    set_source_files_properties("${generated}" PROPERTIES
        SKIP_PRECOMPILE_HEADERS ON COMPILE_OPTIONS "-Wno-overlength-strings")
    target_sources(soteria_web PRIVATE "${generated}")
endfunction()

# The module is declared after this file was read.
cmake_language(DEFER CALL soteria_embed assets assets)
cmake_language(DEFER CALL soteria_embed openapi openapi_parts)
