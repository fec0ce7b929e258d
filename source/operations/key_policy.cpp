#include <soteria/operations/key_policy.hpp>

#include <algorithm>

namespace soteria::operations {
namespace {

constexpr std::chrono::hours kept{25};
constexpr std::chrono::seconds usual{5}; // an answer takes less; then somebody may have been killed at it

} // namespace

instant key_begun(const records::request_key& key) {
    return std::max(key.claimed_at, key.meta.created_at.value_or(key.claimed_at));
}

key_step next_key_step(const records::request_key& found, std::string_view digest, key_record record, instant now,
                       std::chrono::milliseconds patience) {
    if (found.digest != digest)
        return key_step::other_body;
    if (found.answer)
        return key_step::replay;
    const bool alone = now - key_begun(found) >= patience;
    switch (record) {
    case key_record::unknown:
        return key_step::look;
    case key_record::ours:
        return key_step::replay_record;
    case key_record::foreign:
        return alone ? key_step::begin_anew : key_step::wait;
    case key_record::none:
        break;
    }
    return alone ? key_step::carry_on : key_step::wait;
}

failure key_in_use(std::chrono::milliseconds for_so_long) {
    failure refusal(errc::conflict,
                    "the first request with this Idempotency-Key is not answered yet; ask again in a moment to get its "
                    "answer",
                    "idempotency_key_in_use");
    refusal.retry_after = for_so_long < usual ? std::chrono::seconds(1) : usual;
    return refusal;
}

failure key_reused() {
    return {errc::unprocessable,
            "this Idempotency-Key stands for another request of yours, with another body; send a new key with a new "
            "request",
            "idempotency_key_reused"};
}

bool key_expired(const records::request_key& key, bool has_record, instant now) {
    return key.answer && !has_record && now - key.claimed_at >= kept;
}

} // namespace soteria::operations
