// The header Idempotency-Key: a caller's word for "this request, however often I send it".
#pragma once

#include <soteria/base/result.hpp>
#include <soteria/web/message.hpp>

#include <optional>
#include <string>

namespace soteria::web {

// nullopt: no such header. errc::invalid (invalid_idempotency_key) unless it is there once, with 1 to 255 visible ASCII
// characters. Quotes around it are a part of it.
result<std::optional<std::string>> idempotency_key(const request& asked);

} // namespace soteria::web
