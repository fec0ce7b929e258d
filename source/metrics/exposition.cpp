#include "families.hpp"

#include <soteria/metrics/exposition.hpp>

#include <prometheus/text_serializer.h>

namespace soteria::metrics {

std::string exposition(const sources& from) {
    family_list families;
    add_claims(families, *from.inventory(), from.time.now(), from.max_age);
    add_refresh(families, from.refresh());
    add_operations(families, from);
    add_counters(families, from.counters);
    add_process(families);
    return prometheus::TextSerializer().Serialize(families);
}

} // namespace soteria::metrics
