// The routes' counts, into the families that /metrics shows.
#pragma once

#include <soteria/telemetry/service_counters.hpp>
#include <soteria/web/services.hpp>

namespace soteria::app {

class request_counters final : public web::request_counters {
public:
    explicit request_counters(telemetry::service_counters& into) : into_(into) {}

    void count(domain::operation_kind kind, std::string_view driver, std::string_view result) override {
        auto& family = kind == domain::operation_kind::backup ? into_.backup_requests : into_.restore_requests;
        family.add({driver, result});
    }

    void count_denial(auth::denial reason) override { into_.authz_denials.add({auth::to_string(reason)}); }

private:
    telemetry::service_counters& into_;
};

} // namespace soteria::app
