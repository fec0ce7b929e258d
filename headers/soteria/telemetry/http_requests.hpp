// How this service answers: number of requests and their duration, by route.
#pragma once

#include <soteria/telemetry/handles.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <compare>
#include <map>
#include <string>
#include <string_view>

namespace soteria::telemetry {

struct http_request_key {
    std::string route; // its template, "/v1/operations/{id}"; "none" where there is nothing
    std::string method;
    std::string code; // "2xx", "3xx", "4xx", "5xx"

    auto operator<=>(const http_request_key&) const = default;
};

class http_requests {
public:
    // A route that there is: its counters exist at 0 from now on.
    void expect(const std::string& route, const std::string& method) {
        for (const auto* code : {"2xx", "3xx", "4xx", "5xx"})
            totals_.try_emplace({route, method, code});
        seconds_.try_emplace(route);
    }

    // `route` is a template and never a path that a client made up; the method may be anything.
    void record(std::string_view route, std::string_view method, int status, std::chrono::duration<double> took) {
        static constexpr std::array<std::string_view, 7> known{"GET",   "HEAD",   "POST",   "PUT",
                                                               "PATCH", "DELETE", "OPTIONS"};
        const bool usual = std::ranges::find(known, method) != known.end();
        totals_[{std::string(route), std::string(usual ? method : "other"), std::to_string(status / 100) + "xx"}].add();
        seconds_[std::string(route)].observe(took.count());
    }

    [[nodiscard]] const std::map<http_request_key, counter>& totals() const { return totals_; }

    // Until the answer begins to be sent; by route.
    [[nodiscard]] const std::map<std::string, histogram>& seconds() const { return seconds_; }

private:
    std::map<http_request_key, counter> totals_;
    std::map<std::string, histogram> seconds_;
};

} // namespace soteria::telemetry
