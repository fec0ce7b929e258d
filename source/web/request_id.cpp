#include "request_id.hpp"

#include <algorithm>
#include <array>
#include <random>

namespace soteria::web {
namespace {

constexpr std::size_t longest = 128;

bool is_sane(std::string_view id) {
    return !id.empty() && id.size() <= longest && std::ranges::all_of(id, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == ':' || c == '-';
    });
}

} // namespace

std::string request_id_for(std::string_view offered) {
    if (is_sane(offered))
        return std::string(offered);
    static std::mt19937_64 random = [] {
        std::random_device device;
        std::seed_seq seed{device(), device(), device(), device()};
        return std::mt19937_64(seed);
    }();
    constexpr std::string_view digits = "0123456789abcdef";
    auto bits = random();
    std::string id(sizeof(bits) * 2, '0');
    for (auto& digit : id) {
        digit = digits[bits & 0xf];
        bits >>= 4;
    }
    return id;
}

} // namespace soteria::web
