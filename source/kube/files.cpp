#include "files.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

namespace soteria::kube {

result<std::string> read_small_file(const std::filesystem::path& file) {
    constexpr std::streamsize limit = 1024L * 1024;
    std::ifstream stream(file, std::ios::binary);
    const int problem = errno;
    if (!stream)
        return failure(errc::invalid,
                       "The file " + file.string() + " cannot be opened: " + std::strerror(problem) + ".");
    std::string text(static_cast<std::size_t>(limit) + 1, '\0');
    stream.read(text.data(), limit + 1);
    const auto size = stream.gcount();
    if (stream.bad() || (stream.fail() && !stream.eof()))
        return failure(errc::invalid, "The file " + file.string() + " cannot be read.");
    if (size > limit)
        return failure(errc::invalid, "The file " + file.string() + " is longer than 1 MiB.");
    text.resize(static_cast<std::size_t>(size));
    return text;
}

std::string trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos)
        return {};
    return std::string(text.substr(first, text.find_last_not_of(blanks) - first + 1));
}

} // namespace soteria::kube
