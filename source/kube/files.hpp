// Small files, whole.
#pragma once

#include <soteria/base/result.hpp>

#include <filesystem>
#include <string>
#include <string_view>

namespace soteria::kube {

// invalid: cannot be read, or longer than 1 MiB (credentials are a few KiB); the message names the file.
result<std::string> read_small_file(const std::filesystem::path& file);

// Without white space at both ends.
std::string trimmed(std::string_view text);

} // namespace soteria::kube
