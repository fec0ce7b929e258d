#include "claims.hpp"
#include "families.hpp"

#include <soteria/metrics/exposition.hpp>

#include <prometheus/text_serializer.h>

namespace soteria::metrics {
namespace {

// Some hundred lines: a fraction of a millisecond, compressing them included, and few enough turns of the loop.
constexpr std::size_t piece_bytes = 64UL * 1024;

} // namespace

struct scrape::state {
    explicit state(sources given) : from(std::move(given)), claims(from.inventory(), from.time.now(), from.max_age) {}

    [[nodiscard]] std::string other_families() const {
        family_list families;
        add_reasons(families, claims.by_health());
        add_refresh(families, from.refresh());
        add_operations(families, from);
        add_counters(families, from.counters);
        const auto service = from.service();
        add_service(families, service);
        add_http(families, from.counters.http, service.server);
        add_events(families, service.events);
        add_upstream(families, from.counters.upstream, service.upstream_in_flight);
        add_loop_and_build(families, from.counters.loop_lag);
        add_process(families);
        return prometheus::TextSerializer().Serialize(families);
    }

    sources from;
    claims_writer claims;
};

scrape::scrape(sources from) : state_(std::make_unique<state>(std::move(from))) {}

scrape::~scrape() = default;
scrape::scrape(scrape&&) noexcept = default;
scrape& scrape::operator=(scrape&&) noexcept = default;

bool scrape::next(std::string& to) {
    if (state_->claims.write(to, to.size() + piece_bytes))
        return true;
    to += state_->other_families();
    return false;
}

} // namespace soteria::metrics
