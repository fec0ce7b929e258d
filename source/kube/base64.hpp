// Base64 (RFC 4648) as kubeconfig files hold it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace soteria::kube {

// White space is skipped; nullopt: a character that does not belong there, or a wrong length.
std::optional<std::string> decode_base64(std::string_view text);

} // namespace soteria::kube
