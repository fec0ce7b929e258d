// What the API server's refusals mean. Pure.
#pragma once

#include <soteria/base/result.hpp>
#include <soteria/kube/client.hpp>
#include <soteria/net/http_client.hpp>

#include <boost/json/object.hpp>

#include <optional>
#include <string>

namespace soteria::kube {

// One call, for messages ("create PersistentVolumeClaim ai/llm-cache") and for what a failure leaves open.
struct call_description {
    std::string verb;
    std::string kind;
    std::string ns;
    std::string name;
    // A change, for which a 5xx leaves the outcome open. Dry runs and reads change nothing.
    bool changes = false;

    [[nodiscard]] std::string text() const;
};

// A Status object (the body of an answer, or the object of a watch's ERROR event) with the HTTP status it came with
// (0: take its `code`). client.hpp says which failure becomes what.
failure failure_from_status(const call_description& call, int http_status, const boost::json::object& status);

// Any answer with status >= 300; its body need not be a Status (a proxy's page, "404 page not found").
failure failure_from_response(const call_description& call, const net::http_response& response);

// The head of an answer: Retry-After in seconds, where present and sane (at most an hour).
std::optional<std::chrono::seconds> retry_after(const net::header_list& headers);

// The server no longer has that version of the list or watch: list again.
bool is_expired(const failure& error);

} // namespace soteria::kube
