#include "families.hpp"

#include <soteria/metrics/exposition.hpp>

#include <prometheus/text_serializer.h>

namespace soteria::metrics {

std::string exposition(const sources& from) {
    family_list families;
    const auto report = from.inventory();
    const auto now = from.time.now();
    add_reasons(families, *report, now, from.max_age);
    add_refresh(families, from.refresh());
    add_operations(families, from);
    add_counters(families, from.counters);
    add_process(families);
    return claims_text(*report, now, from.max_age) + prometheus::TextSerializer().Serialize(families);
}

} // namespace soteria::metrics
