// What an Idempotency-Key stands for: a ConfigMap of our namespace, made before the operation that it is for.
//
// It is open from then until the answer is told: whoever finds it open finds in it the id of the one operation that is
// ever made for this key. Answered, it tells the first answer again for as long as it is kept.
#pragma once

#include <soteria/base/result.hpp>
#include <soteria/base/time.hpp>
#include <soteria/kube/objects.hpp>

#include <boost/json/object.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace soteria::records {

// The name of the ConfigMap: one a caller, route and key, from which none of them can be read. `source`: by which door
// the caller came ("proxy", "token", "anonymous"), as two doors may know different people by one name.
std::string key_name(std::string_view source, std::string_view user, std::string_view route, std::string_view key);

// On a record that was made for a key: that name.
inline constexpr std::string_view request_key_annotation = "soteria.dev/idempotency-key";
// "" where it was made for none.
std::string request_key_of(const kube::object_meta& record);

// What of the first answer the request itself does not say.
struct key_answer {
    std::string uid;                             // the record's
    std::map<std::string, std::string> resolved; // as the record has it
};

struct request_key {
    kube::object_meta meta; // its name: key_name()
    std::string digest;     // of the request's body
    std::string operation;  // an operation's id
    std::string driver;
    std::string attempt;  // a mark of the HTTP request that is making it; another one after a crash
    instant claimed_at{}; // when that request began to
    std::optional<key_answer> answer;
};

// bad_answer: not one of ours (the message names it and says what to do).
result<request_key> decode_key(const boost::json::object& config_map);

// An open one. Of `meta`, namespace and name.
boost::json::object encode_new_key(const request_key& key);
// Merge patches. The first one only if the ConfigMap is as it was read: `key.meta` has its version.
boost::json::object encode_key_attempt(const request_key& key);
boost::json::object encode_key_answer(const key_answer& answer);

enum class key_state { open, answered };
// As a query's labelSelector takes it.
std::string key_selector(key_state state);

} // namespace soteria::records
