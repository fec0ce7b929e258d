// An Event's manifest.
#include "endings.hpp"

#include <soteria/base/digest.hpp>
#include <soteria/base/utf8.hpp>
#include <soteria/operations/announcer.hpp>
#include <soteria/records/records.hpp>

namespace soteria::operations {
namespace {

using domain::operation;
namespace json = boost::json;

constexpr std::size_t most_of_a_message = 1000; // Kubernetes takes 1024 bytes
constexpr std::size_t most_of_a_name = 200;     // of 253, with the hash behind it

std::string word_for(news what, const operation& one) {
    switch (what) {
    case news::accepted:
        return "Accepted";
    case news::stalled:
        return "Stalled";
    case news::rolling_back:
        return "RollingBack";
    case news::ended:
        break;
    }
    return std::string(domain::to_string(one.phase));
}

bool is_bad_news(news what, const operation& one) {
    const bool was_wanted =
        one.phase == domain::operation_phase::succeeded || (one.error && one.error->code == "cancelled");
    return what != news::accepted && (!was_wanted || !one.leftovers.empty());
}

std::string who_asked(const operation& one) {
    if (one.by.source == "kubectl")
        return "made with kubectl";
    std::string text = "asked for by " + one.by.user;
    if (!one.by.source.empty() && one.by.source != one.by.user)
        text += " (" + one.by.source + ")";
    if (!one.by.request_id.empty())
        text += ", request " + one.by.request_id;
    return text;
}

std::string what_it_does(const operation& one) {
    const auto& request = one.request;
    if (one.kind == domain::operation_kind::backup)
        return "backup of " + request.source.text();
    if (request.target.name.empty())
        return "restore test of " + request.source.text();
    return "restore of " + request.source.text() + " into " + request.target.text();
}

// Whole characters of its front.
std::string cut(const std::string& text, std::size_t most) {
    const auto clean = as_utf8(text);
    std::size_t length = 0;
    while (length < clean.size()) {
        const auto next = utf8_sequence_length(std::string_view(clean).substr(length));
        if (next == 0 || length + next > most)
            break;
        length += next;
    }
    return clean.substr(0, length);
}

std::string message_of(news what, const operation& one) {
    if (what == news::accepted)
        return what_it_does(one) + ", " + who_asked(one);
    return what == news::ended ? one.message + " (" + who_asked(one) + ")" : one.message;
}

// The same for each repeat of the same turn.
std::string name_of(const event_subject& subject, const std::string& word, news what, const operation& one) {
    std::string turn = one.uid + "/" + word + "/" + subject.kind;
    if (what == news::stalled && one.stalled_since)
        turn += "/" + format_rfc3339(*one.stalled_since); // it may stall more than once
    return shortened(subject.name, most_of_a_name) + "." + sha256_base32(turn, 16);
}

} // namespace

event_subject record_of(const operation& one) {
    const auto& kind = records::resource_of(one.kind);
    return {kind.api_version(), std::string(kind.kind), one.ns, one.name, one.uid};
}

json::object event_about(const event_subject& subject, news what, const operation& one, instant now) {
    const auto word = word_for(what, one);
    const auto time = format_rfc3339(now);
    json::object about{{"apiVersion", subject.api_version},
                       {"kind", subject.kind},
                       {"namespace", subject.ns},
                       {"name", subject.name},
                       {"uid", subject.uid}};
    json::object metadata{{"name", name_of(subject, word, what, one)}, {"namespace", subject.ns}};
    return json::object{{"apiVersion", "v1"},
                        {"kind", "Event"},
                        {"metadata", std::move(metadata)},
                        {"involvedObject", std::move(about)},
                        {"reason", camel_case(domain::to_string(one.kind)) + word},
                        {"message", cut(message_of(what, one), most_of_a_message)},
                        {"type", is_bad_news(what, one) ? "Warning" : "Normal"},
                        {"source", json::object{{"component", "soteria"}}},
                        {"reportingComponent", "soteria"},
                        {"firstTimestamp", time},
                        {"lastTimestamp", time},
                        {"count", 1}};
}

} // namespace soteria::operations
