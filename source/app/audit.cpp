#include "audit.hpp"

#include <soteria/base/log.hpp>

#include <algorithm>

namespace soteria::app {
namespace {

namespace json = boost::json;

// Null: left out.
json::value optional(const std::string& text) {
    return text.empty() ? json::value(nullptr) : json::value(text);
}

} // namespace

std::string outcome_of(const domain::operation& ended) {
    std::string word(domain::to_string(ended.phase));
    std::ranges::transform(word, word.begin(), [](char c) { return static_cast<char>(c | ' '); });
    return word;
}

void audit_end(const domain::operation& ended, const std::string& driver) {
    const auto left = static_cast<std::int64_t>(ended.leftovers.size());
    log::audit("operation ended", {{"action", json::value(domain::to_string(ended.kind))},
                                   {"outcome", json::value(outcome_of(ended))},
                                   {"code", ended.error ? optional(ended.error->code) : json::value(nullptr)},
                                   {"user", optional(ended.by.user)},
                                   {"source", optional(ended.by.source)},
                                   {"cancelled_by", optional(ended.cancelled_by)},
                                   {"kind", ended.kind == domain::operation_kind::backup ? "Backup" : "Restore"},
                                   {"driver", json::value(driver)},
                                   {"namespace", optional(ended.request.source.ns)},
                                   {"pvc", optional(ended.request.source.name)},
                                   {"target_namespace", optional(ended.request.target.ns)},
                                   {"target_pvc", optional(ended.request.target.name)},
                                   {"operation", json::value(ended.id())},
                                   {"leftovers", left == 0 ? json::value(nullptr) : json::value(left)},
                                   {"request_id", optional(ended.by.request_id)}});
}

} // namespace soteria::app
