#include "test/simulator/kubernetes/server_state.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <charconv>

namespace simulator::api {

namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

constexpr std::size_t batch = std::size_t{256} * 1024; // bytes of events sent at once

struct watch_request {
    const kind* which = nullptr;
    scope wanted;
    std::uint64_t from = 0;
    bool initial = false;     // begin with what is there
    bool initial_end = false; // and mark its end with a bookmark
    bool bookmarks = false;
    std::chrono::seconds timeout{1800};
};

// The event as this watch sees it: its selector may make a change appear or disappear. Empty: nothing to see.
void append_event(const watch_request& asked, const change& happened, std::string& lines) {
    const bool now = !happened.removed && asked.wanted.matches(*happened.current);
    const bool before = happened.previous != nullptr && asked.wanted.matches(*happened.previous);
    if (happened.removed ? before : now && before == (happened.previous != nullptr)) {
        lines += happened.line();
    } else if (now) {
        lines += event_line("ADDED", happened.current->text);
    } else if (before && !happened.removed) {
        // As it was when this watch last saw it, under the version of the change.
        lines += event_line("DELETED", make_stored(*asked.which, happened.previous->object(), happened.revision).text);
    }
}

class watcher {
public:
    watcher(std::shared_ptr<server_state> state, watch_request asked)
        : state_(std::move(state)), asked_(std::move(asked)), kept_(state_->kept.of(*asked_.which)),
          timer_(state_->context), cuts_(state_->cuts) {
        kept_.waiting.insert(&timer_);
    }

    watcher(const watcher&) = delete;
    watcher& operator=(const watcher&) = delete;

    ~watcher() { kept_.waiting.erase(&timer_); }

    asio::awaitable<void> run(stream_writer& writer) {
        const auto end = clock::now() + asked_.timeout;
        auto next_bookmark = clock::now() + state_->options.bookmark_every;
        bool open = co_await send_initial(writer);
        while (open && !state_->stopped) {
            if (state_->cuts != cuts_) {
                co_await writer.write(R"({"type":"MODIFIED","object":{"kind":")" + asked_.which->name);
                writer.cut();
                co_return;
            }
            if (from_ < kept_.forgotten()) {
                const auto why = too_old(from_, kept_.forgotten());
                co_await writer.write(event_line("ERROR", json::serialize(why.status())));
                co_return;
            }
            auto lines = news();
            const bool over = clock::now() >= end;
            if (asked_.bookmarks && (over || clock::now() >= next_bookmark)) {
                lines += bookmark(false);
                next_bookmark = clock::now() + state_->options.bookmark_every;
            }
            if (!lines.empty()) {
                open = co_await writer.write(std::move(lines));
            } else if (!over) {
                timer_.expires_at(asked_.bookmarks ? std::min(end, next_bookmark) : end);
                co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
            }
            open = open && !over;
        }
    }

private:
    asio::awaitable<bool> send_initial(stream_writer& writer) {
        from_ = asked_.from;
        if (!asked_.initial) {
            co_return true;
        }
        from_ = state_->kept.revision();
        const auto found = kept_.list(asked_.wanted, from_, {}, 0);
        std::string lines;
        bool open = true;
        for (const auto& object : found.items) {
            lines += event_line("ADDED", object->text);
            if (lines.size() >= batch && open) {
                open = co_await writer.write(std::move(lines));
                lines.clear();
            }
        }
        if (asked_.initial_end) {
            lines += bookmark(true);
        }
        if (open && !lines.empty()) {
            open = co_await writer.write(std::move(lines));
        }
        co_return open;
    }

    // The events after from_, and from_ moved on.
    std::string news() {
        std::string lines;
        const auto& history = kept_.history();
        auto next = std::upper_bound(history.begin(), history.end(), from_,
                                     [](std::uint64_t seen, const change& one) { return seen < one.revision; });
        for (; next != history.end() && lines.size() < batch; ++next) {
            append_event(asked_, *next, lines);
            from_ = next->revision;
        }
        if (next == history.end()) {
            from_ = std::max(from_, state_->kept.revision());
        }
        return lines;
    }

    [[nodiscard]] std::string bookmark(bool of_initial_events) const {
        json::object object;
        object["kind"] = asked_.which->name;
        object["apiVersion"] = asked_.which->api_version();
        auto& metadata = make_object(object, {"metadata"});
        metadata["resourceVersion"] = std::to_string(from_);
        if (of_initial_events) {
            make_object(metadata, {"annotations"})["k8s.io/initial-events-end"] = "true";
        }
        if (asked_.which->is("persistentvolumeclaims")) {
            make_object(object, {"spec", "resources"});
            make_object(object, {"status"});
        } else if (asked_.which->is("persistentvolumes")) {
            make_object(object, {"spec"});
            make_object(object, {"status"});
        }
        return event_line("BOOKMARK", json::serialize(object));
    }

    std::shared_ptr<server_state> state_;
    watch_request asked_;
    table& kept_;
    asio::steady_timer timer_;
    std::uint64_t from_ = 0;
    std::uint64_t cuts_;
};

std::chrono::seconds parse_timeout(const std::string& text) {
    unsigned seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (text.empty() || error != std::errc() || end != text.data() + text.size() || seconds == 0) {
        return std::chrono::minutes(30);
    }
    return std::chrono::seconds(seconds);
}

watch_request parse_watch(const address& where, const query_map& query) {
    watch_request asked;
    asked.which = where.which;
    asked.wanted = scope_of(where, query);
    asked.from = parse_revision(query_value(query, "resourceVersion"), true);
    asked.bookmarks = query_true(query, "allowWatchBookmarks");
    asked.timeout = parse_timeout(query_value(query, "timeoutSeconds"));
    const auto match = query_value(query, "resourceVersionMatch");
    const bool send_initial = query_true(query, "sendInitialEvents");
    if (send_initial && match != "NotOlderThan") {
        throw invalid_options("ListOptions",
                              {"FieldValueForbidden",
                               "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
                               "resourceVersionMatch"});
    }
    if (!match.empty() && !query.contains("sendInitialEvents")) {
        throw invalid_options("ListOptions",
                              {"FieldValueForbidden",
                               "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is "
                               "provided",
                               "resourceVersionMatch"});
    }
    const bool refuses_initial = query.contains("sendInitialEvents") && !send_initial;
    asked.initial = send_initial || (asked.from == 0 && !refuses_initial);
    asked.initial_end = asked.initial && asked.bookmarks;
    return asked;
}

} // namespace

response watch_objects(const std::shared_ptr<server_state>& state, const address& where, const query_map& query) {
    auto asked = parse_watch(where, query);
    if (asked.initial && asked.from > state->kept.revision()) {
        throw too_large(asked.from, state->kept.revision());
    }
    response answer;
    answer.stream = [state, asked = std::move(asked)](stream_writer& writer) -> asio::awaitable<void> {
        watcher watching(state, asked);
        co_await watching.run(writer);
    };
    return answer;
}

} // namespace simulator::api
