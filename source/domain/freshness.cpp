#include <soteria/domain/freshness.hpp>

#include <algorithm>

namespace soteria::domain {

std::string_view to_string(health value) {
    switch (value) {
    case health::fresh:
        return "fresh";
    case health::stale:
        return "stale";
    case health::missing:
        return "missing";
    case health::unknown:
        return "unknown";
    case health::unsupported:
        return "unsupported";
    case health::unbound:
        return "unbound";
    }
    return "unknown";
}

std::chrono::duration<double> age(instant then, instant now) {
    return std::max(std::chrono::duration<double>(now - then), std::chrono::duration<double>::zero());
}

health freshness(std::optional<instant> last_backup_at, instant now, std::chrono::duration<double> max_age) {
    if (!last_backup_at)
        return health::missing;
    return age(*last_backup_at, now) <= max_age ? health::fresh : health::stale;
}

} // namespace soteria::domain
