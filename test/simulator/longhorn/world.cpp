#include "world.hpp"

#include <utility>

namespace simulator::lh {

world::world(world_options settings) : options(std::move(settings)), line(options.start, options.time_scale) {
    backup_target made;
    made.url = options.target_url;
    made.available = !made.url.empty();
    if (made.available) {
        made.secret = "s3-secret";
        made.message.clear();
    }
    targets.emplace(made.name, std::move(made));
}

std::string world::version_text() const {
    static const std::map<int, std::string> patches{{6, "1.6.4"}, {8, "1.8.2"}, {10, "1.10.1"}, {12, "1.12.1"}};
    const auto known = patches.find(options.version);
    return known == patches.end() ? "1." + std::to_string(options.version) + ".0" : known->second;
}

} // namespace simulator::lh
