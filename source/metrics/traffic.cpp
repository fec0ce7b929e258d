#include "families.hpp"

namespace soteria::metrics {

void add_http(family_list& to, const telemetry::http_requests& requests, const server_state& server) {
    auto total = counter_family("soteria_http_requests_total", "Requests answered, by the route's template.");
    for (const auto& [key, count] : requests.totals())
        add_counter(total, {{"route", key.route}, {"method", key.method}, {"code", key.code}}, count.value());
    auto seconds = histogram_family("soteria_http_request_duration_seconds",
                                    "From the end of a request to the beginning of its answer.");
    for (const auto& [route, durations] : requests.seconds())
        add_histogram(seconds, {{"route", route}}, durations);
    auto open = gauge_family("soteria_http_connections", "Connections that are open now.");
    add_gauge(open, {}, static_cast<double>(server.connections));
    auto refused = counter_family("soteria_http_connections_refused_total", "Connections that were one too many.");
    add_counter(refused, {}, static_cast<double>(server.refused));
    for (auto* made : {&total, &seconds, &open, &refused})
        to.push_back(std::move(*made));
}

void add_events(family_list& to, const event_state& events) {
    auto frames = counter_family("soteria_event_frames_total", "Events that were published, by what they tell.");
    add_counter(frames, {{"event", "operation"}}, static_cast<double>(events.operations));
    add_counter(frames, {{"event", "inventory"}}, static_cast<double>(events.rows));
    add_counter(frames, {{"event", "reset"}}, static_cast<double>(events.resets));
    auto open = gauge_family("soteria_event_streams", "Event streams that are open now.");
    add_gauge(open, {}, static_cast<double>(events.streams));
    auto cut_off = counter_family("soteria_event_streams_cut_off_total", "Event streams whose clients did not read.");
    add_counter(cut_off, {}, static_cast<double>(events.cut_off));
    for (auto* made : {&frames, &open, &cut_off})
        to.push_back(std::move(*made));
}

void add_upstream(family_list& to, const telemetry::upstream_calls& calls,
                  const std::map<std::string, std::size_t>& in_flight) {
    auto total = counter_family("soteria_upstream_requests_total",
                                "Requests to Kubernetes and Longhorn by what they were for and how they ended: their "
                                "answer's class, or their failure.");
    for (const auto& [key, count] : calls.totals())
        add_counter(total, {{"upstream", key.upstream}, {"purpose", key.purpose}, {"outcome", key.outcome}},
                    count.value());
    auto seconds = histogram_family("soteria_upstream_request_duration_seconds",
                                    "Until the end of the answer; of a watch, until it began.");
    for (const auto& [key, durations] : calls.seconds())
        add_histogram(seconds, {{"upstream", key.first}, {"purpose", key.second}}, durations);
    auto now = gauge_family("soteria_upstream_requests_in_flight", "Requests and watches that are open now.");
    auto opened = counter_family("soteria_upstream_connections_opened_total", "Connections that had to be opened.");
    for (const auto& [upstream, count] : in_flight) {
        add_gauge(now, {{"upstream", upstream}}, static_cast<double>(count));
        const auto found = calls.connections().find(upstream);
        add_counter(opened, {{"upstream", upstream}}, found == calls.connections().end() ? 0 : found->second.value());
    }
    for (auto* made : {&total, &seconds, &now, &opened})
        to.push_back(std::move(*made));
}

} // namespace soteria::metrics
