// The routes' counts, into the families that /metrics shows.
#pragma once

#include <soteria/telemetry/service_counters.hpp>
#include <soteria/web/services.hpp>

#include <string>
#include <string_view>

namespace soteria::app {

// "/v1/operations/{}" as people write it.
inline std::string route_label(std::string_view pattern) {
    const auto part = pattern.find("{}");
    if (part == std::string_view::npos)
        return std::string(pattern);
    return std::string(pattern.substr(0, part)) + "{id}" + std::string(pattern.substr(part + 2));
}

class request_counters final : public web::request_counters {
public:
    explicit request_counters(telemetry::service_counters& into) : into_(into) {}

    void count(domain::operation_kind kind, std::string_view driver, std::string_view result) override {
        auto& family = kind == domain::operation_kind::backup ? into_.backup_requests : into_.restore_requests;
        family.add({driver, result});
    }

    void count_denial(auth::denial reason) override { into_.authz_denials.add({auth::to_string(reason)}); }

    void count_request(std::string_view route, std::string_view method, int status,
                       std::chrono::duration<double> took) override {
        into_.http.record(route_label(route), method, status, took);
    }

private:
    telemetry::service_counters& into_;
};

} // namespace soteria::app
